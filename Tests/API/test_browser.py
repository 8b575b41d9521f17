"""A web page in a real browser, Debian's Chromium, logs in if its origin is on the list, and cannot if it is not."""

import contextlib
import http.server
import json
import shutil
import signal
import threading

import pytest
from testbed.processes import ENVIRONMENT, Child
from testbed.servers import scratch_folder
from testbed.stack import Stack

# The page tells its own server what each call came to: that is the same origin, and needs nobody's leave.
PAGE = """<!doctype html><meta charset=utf-8><title>A page of another origin</title><script>
async function call(path, body) {
    try {
        const answer = await fetch("API" + path, body && {
            method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body)})
        return {status: answer.status, body: await answer.json(), id: answer.headers.get("X-Request-Id"),
            age: answer.headers.get("Age"), server: answer.headers.get("Server")}
    } catch (error) {
        return {error: error.name}
    }
}
async function run() {
    const results = {}
    const tokens = answer => answer.body ? answer.body.data : {refresh_token: "a", access_token: "a"}
    results.exchange = await call("/auth_exchange", {code: "CODE"})
    results.again = await call("/auth_exchange", {code: "CODE"})
    results.refresh = await call("/auth_refresh", {refresh_token: tokens(results.exchange).refresh_token})
    results.info = await call("/auth_info", {access_token: tokens(results.refresh).access_token})
    results.nowhere = await call("/nowhere")
    results.large = await call("/auth_exchange", {code: "a".repeat(20000)})
    await fetch("/results", {method: "POST", body: JSON.stringify(results)})
}
run()
</script>"""


class PageServer:
    """Serves the page, under every name of this machine, and takes its results."""

    def __init__(self):
        self.page = b""
        self.results = None
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.answer(outer.page if self.path == "/page" else b"", "text/html")

            def do_POST(self):
                outer.results = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.answer(b"", "text/plain")

            def answer(self, content, media_type):
                self.send_response(200)
                self.send_header("Content-Type", media_type)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def pages():
    server = PageServer()
    yield server
    server.stop()


def visit(pages, host, stack):
    """The results of the page's calls, when it is opened under that name."""
    pages.results = None
    pages.page = PAGE.replace("API", stack.url).replace("CODE", stack.sandbox.code()).encode()
    folder = scratch_folder()
    # Without its own sandbox, with which it does not start as root. It sees only this page, and asks nobody else.
    options = "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-background-networking"
    options += " --disable-component-update --no-first-run --no-proxy-server"
    command = [shutil.which("chromium"), *options.split(), f"--host-resolver-rules=MAP {host} 127.0.0.1"]
    command += [f"--user-data-dir={folder}", f"http://{host}:{pages.port}/page"]
    browser = Child("chromium", command, folder / "chromium.log", ENVIRONMENT | {"HOME": str(folder)}, signal.SIGKILL)
    try:
        return browser.wait_until_ready(lambda: pages.results, 60)
    finally:
        browser.stop()
        with contextlib.suppress(OSError):
            shutil.rmtree(folder)


def test_a_page_of_a_listed_origin_logs_in(world, pages):
    origin = f"http://page.example:{pages.port}"
    with Stack(sandbox=world.usual.sandbox, ALLOWED_ORIGINS=origin) as stack:
        results = visit(pages, "page.example", stack)
    statuses = {name: result.get("status") for name, result in results.items()}
    expected = {"exchange": 200, "again": 200, "refresh": 200, "info": 200, "nowhere": 404, "large": 413}
    assert statuses == expected, results
    assert results["info"]["body"]["data"]["customer_name"] == "Ti Ni"
    # nginx's own.
    assert results["nowhere"]["body"]["error"]["reason"] == "not_found"
    assert all(result["id"] for result in results.values())
    # The second answer is a kept one, and says how old it is.
    assert results["again"]["age"] is not None
    assert results["exchange"]["server"] is None, "a field that is not exposed"


def test_a_page_of_another_origin_does_not_log_in(world, pages):
    listed = f"http://page.example:{pages.port}"
    with Stack(sandbox=world.usual.sandbox, ALLOWED_ORIGINS=listed) as stack:
        calls = stack.sandbox.call_count()
        results = visit(pages, "other.example", stack)
        assert results == dict.fromkeys(results, {"error": "TypeError"})
        assert set(results) == {"exchange", "again", "refresh", "info", "nowhere", "large"}
        assert stack.sandbox.call_count() == calls, "not even sent"


def test_without_a_list_no_page_logs_in(world, pages):
    with Stack(sandbox=world.usual.sandbox) as stack:
        assert visit(pages, "page.example", stack)["exchange"] == {"error": "TypeError"}
