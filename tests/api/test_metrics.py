"""/metrics and `yun top`: what a running server says of itself."""
import os
import pty
import subprocess

from serving import MODEL, YUN, wait_until

HI = [{"role": "user", "content": "Count to ten."}]


def test_a_request_is_counted(server, client):
    before = server.metrics()
    stream = client.chat.completions.create(model=MODEL, messages=HI, max_tokens=8, temperature=0, stream=True,
                                            stream_options={"include_usage": True}, extra_body={"ignore_eos": True})
    usage = [chunk.usage for chunk in stream if chunk.usage][-1]
    assert wait_until(lambda: server.metric("yun_http_requests_in_flight") == 0)
    after = server.metrics()

    def grown(name, *labels):
        return sum(value - before.get(key, 0) for key, value in after.items()
                   if key.split("{")[0] == name and all(label in key for label in labels))

    assert grown("yun_requests_total", 'finished_reason="length"', f'model_name="{MODEL}"', 'workspace="ws_') == 1
    assert grown("yun_request_tokens_total", 'kind="prompt"') == usage.prompt_tokens
    assert grown("yun_request_tokens_total", 'kind="generated"') == usage.completion_tokens == 8
    assert grown("yun_generation_tokens_total") == 8
    assert grown("yun_time_to_first_token_seconds_count") == 1
    assert 1 <= grown("yun_inter_token_latency_seconds_count") <= 7  # deliveries may hold several tokens
    assert after[f'yun_kv_cache_blocks{{model_name="{MODEL}"}}'] > 0
    assert server.metric("yun_kv_cache_blocks_used") == 0


def test_a_proxy_is_not_this_machine(server):
    import http.client
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", "/metrics", headers={"X-Forwarded-For": "203.0.113.7"})
    assert connection.getresponse().status == 403
    connection.close()


def test_top_prints_once_without_a_terminal(server, client):
    client.completions.create(model=MODEL, prompt="Hi", max_tokens=2)
    done = subprocess.run([YUN, "top", "--url", server.url], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert MODEL in done.stdout and "TTFT" in done.stdout and "ws_" in done.stdout
    assert "\033" not in done.stdout
    gone = subprocess.run([YUN, "top", "--url", "http://127.0.0.1:1"], capture_output=True, text=True, timeout=60)
    assert gone.returncode == 1 and "127.0.0.1" in gone.stderr


def test_top_lives_until_q(server):
    main, side = pty.openpty()
    top = subprocess.Popen([YUN, "top", "--url", server.url], stdin=side, stdout=side, stderr=subprocess.PIPE)
    os.close(side)
    seen = b""
    while b"q ends" not in seen:
        seen += os.read(main, 65536)
    assert MODEL.encode() in seen and b"\033[?1049h" in seen
    os.write(main, b"q")
    while b"\033[?1049l" not in seen:  # the terminal is as it was
        seen += os.read(main, 65536)
    assert top.wait(30) == 0
    os.close(main)
