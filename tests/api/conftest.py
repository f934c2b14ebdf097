"""A running `yun serve` for every test here."""
import pytest
from serving import MODEL, MODEL_FILE, ROOT, YUN, Server, skip_without_program, wait_until  # noqa: F401


def pytest_addoption(parser):
    parser.addoption("--record", action="store_true", help="test_transcripts.py: write the transcripts anew")


@pytest.fixture(scope="session", autouse=True)
def needs():
    skip_without_program()


@pytest.fixture(scope="session")
def server(needs, tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("home"))
    yield running
    assert running.stop() == 0, running.output


@pytest.fixture(scope="session")
def client(server):
    return server.client()
