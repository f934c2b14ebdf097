"""A draft model proposes; what is answered stays the same. Here the draft is the model itself."""
import pytest
from serving import MODEL, MODEL_FILE, Server

# No other test asks anything that begins so: on both servers the whole prompt is computed, none of it found.
ASKED = ["The days of the week in order, separated by commas: Monday, Tuesday,",
         "The quick brown fox jumps over the lazy dog. The quick brown fox jumps over",
         "By the lighthouse an old keeper watched the waves. He"]


@pytest.fixture(scope="module")
def drafting(tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("drafting"), "--speculate", MODEL_FILE)
    yield running
    assert running.stop() == 0, running.output


def test_a_draft_model_changes_no_answer(server, drafting):
    def ask(of, text):
        answer = of.client().completions.create(model=MODEL, prompt=text, temperature=0, max_tokens=48)
        return answer.choices[0].text, answer.choices[0].finish_reason, answer.usage

    for text in ASKED:
        assert ask(drafting, text) == ask(server, text)
    drafted, accepted = (drafting.metric(f"yun_spec_decode_num_{kind}_tokens_total") for kind in ("draft", "accepted"))
    assert 0 < accepted <= drafted
    of_requests = {kind: value for key, value in drafting.metrics().items() for kind in ("drafted", "accepted")
                   if key.startswith("yun_request_tokens_total{") and f'kind="{kind}"' in key}
    assert of_requests == {"drafted": drafted, "accepted": accepted}
