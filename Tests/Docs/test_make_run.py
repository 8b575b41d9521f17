"""How `make run` uses the settings for nginx and for Tini Console."""

import contextlib

import pytest
from session import BUILD_SECONDS, Session
from testbed import http_client
from testbed.ports import free_port
from testbed.processes import Child
from testbed.servers import CREDENTIALS

SETTINGS = {
    "TIKI_VALIDATION_CODE": "J9jcjJnnkji7AoVK",
    "TIKI_VALIDATION_TEXT": "a line",
    "ALLOWED_ORIGINS": "https://tiki.vn,http://localhost:3000",
}


@pytest.fixture
def run():
    with contextlib.ExitStack() as started:

        def start(**settings):
            session = Session()
            started.callback(session.close)
            session.environment |= settings
            session.start_stack("make run")
            return session.stack.port

        yield start


def test_tini_consoles_file_and_listed_pages(run):
    port = run(**SETTINGS)
    answer = http_client.request(port, "GET", "/tiki-validation-code/J9jcjJnnkji7AoVK/auth.txt")
    assert (answer.status, answer.text) == (200, "a line")
    asks = ["Origin: https://tiki.vn", "Access-Control-Request-Method: POST"]
    answer = http_client.request(port, "OPTIONS", "/auth_exchange", asks)
    assert (answer.status, answer.all("Access-Control-Allow-Origin")) == (204, ["https://tiki.vn"])


def test_origins_that_are_none_end_it_with_a_sentence(run):
    with pytest.raises(RuntimeError, match="ALLOWED_ORIGINS is not a list of origins"):
        run(ALLOWED_ORIGINS='https://tiki.vn/"')


def test_people_see_warnings_of_the_start_but_not_all_settings():
    session = Session()
    endpoint = f"http://127.0.0.1:{free_port()}/oauth/auth/token"
    environment = session.environment | CREDENTIALS | {"AUTH_ENDPOINT": endpoint, "LOG_FORMAT": "text"}
    environment |= {"PORT": str(free_port()), "DOTENV": "/dev/null"}
    child = Child("make run", ["make", "run"], session.scratch / "make-run.log", environment)
    try:
        child.wait_until_ready(lambda: "The log follows." in child.text(), BUILD_SECONDS)
        child.wait_until_ready(lambda: "cannot connect to Tiki" in child.text())
        assert "NOTICE   starting" not in child.text()
    finally:
        child.stop(40)
        session.close()
