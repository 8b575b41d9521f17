"""How the container's entrypoint uses the settings for Tini Console and for web pages."""

import json

import pytest
from testbed import http_client

PREFLIGHT = ["Access-Control-Request-Method: POST"]


def preflight(container, origin):
    answer = http_client.request(container.port, "OPTIONS", "/auth_exchange", [f"Origin: {origin}", *PREFLIGHT])
    return answer.status, answer.all("Access-Control-Allow-Origin")


def test_tini_consoles_file_is_there_and_nothing_else(run):
    container = run(TIKI_VALIDATION_CODE="J9jcjJnnkji7AoVK", TIKI_VALIDATION_TEXT="a line").wait_until_ready()
    answer = http_client.request(container.port, "GET", "/tiki-validation-code/J9jcjJnnkji7AoVK/auth.txt")
    assert (answer.status, answer.text) == (200, "a line")
    assert answer.all("Content-Type") == ["text/plain; charset=utf-8"]
    for path in ("", "/J9jcjJnnkji7AoVK/", "/other/auth.txt"):
        assert http_client.request(container.port, "GET", f"/tiki-validation-code{path}").status == 404


@pytest.mark.parametrize("origins", ["https://tiki.vn,http://localhost:3000", "http://localhost:3000, https://tiki.vn"])
def test_pages_of_listed_origins_may_call(run, origins):
    container = run(ALLOWED_ORIGINS=origins).wait_until_ready()
    for origin in ("https://tiki.vn", "http://localhost:3000"):
        assert preflight(container, origin) == (204, [origin])
    assert preflight(container, "https://evil.example") == (405, [])
    answer = http_client.request(container.port, "GET", "/nowhere", ["Origin: https://tiki.vn"])
    assert (answer.status, answer.all("Access-Control-Allow-Origin")) == (404, ["https://tiki.vn"])


@pytest.mark.parametrize("names", [[], ["ALLOWED_ORIGINS", "TIKI_VALIDATION_CODE", "TIKI_VALIDATION_TEXT"]])
def test_without_settings_or_with_empty_ones_there_is_nothing_of_it(run, names):
    container = run(**dict.fromkeys(names, "")).wait_until_ready()
    assert preflight(container, "https://tiki.vn") == (405, [])
    assert http_client.request(container.port, "GET", "/tiki-validation-code/a/auth.txt").status == 404


# Tests/TiniAppAuthBackendTests has what is none; some would be other directives of nginx.
@pytest.mark.parametrize("origins", ["*", 'https://a" b', "https://a;}"])
def test_wrong_origins_end_it_with_78_and_a_sentence_before_nginx_starts(image, run, origins):
    container = run(ALLOWED_ORIGINS=origins)
    assert container.child.process.wait(60) == 78
    lines = container.text().splitlines()
    assert "ALLOWED_ORIGINS is not a list of origins such as https://tiki.vn" in container.text()
    assert json.loads(lines[-1])["message"] == "responder has ended with code 78; so does the container"
    assert not (image.scratch / "nginx.conf").exists()
