"""Databases of either kind, and clouds on them."""
import pytest
from cloud import Cloud, Postgres, skip_without_program


@pytest.fixture(scope="session")
def postgres():
    server = Postgres()
    yield server
    server.close()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request):
    """The address of an empty database; None: the default, SQLite in the home."""
    if request.param == "sqlite":
        return None
    server = request.getfixturevalue("postgres")
    if not server.url:
        pytest.skip("no PostgreSQL is installed (scripts/setup --tests)")
    return server.database()


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    """One cloud on SQLite for a file's tests."""
    skip_without_program()
    running = Cloud(tmp_path_factory.mktemp("home"))
    yield running
    assert running.stop() == 0, running.output
