"""A web page in a real browser, Debian's Chromium, logs in if its origin is on the list, and cannot if it is not."""

import http.server
import json
import shutil
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
        const fields = ["X-Request-Id", "Age", "Server"].filter(name => answer.headers.has(name))
        return {status: answer.status, body: await answer.json(), fields: fields.join()}
    } catch (error) {
        return {status: error.name}
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


@pytest.fixture
def pages():
    """Serves the page, under every name of this machine, and takes its results."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(self.server.page)

        def do_POST(self):
            self.server.results = json.loads(self.rfile.read(int(self.headers["Content-Length"])))

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.results = None
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def visit(pages, host, stack):
    """The results of the page's calls, when it is opened under that name."""
    pages.page = PAGE.replace("API", stack.url).replace("CODE", stack.sandbox.code()).encode()
    folder = scratch_folder()
    # Without its own sandbox, with which it does not start as root. It sees only this page, and asks nobody else.
    options = "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-background-networking"
    options += " --disable-component-update --no-first-run --no-proxy-server"
    command = [shutil.which("chromium"), *options.split(), f"--host-resolver-rules=MAP {host} 127.0.0.1"]
    command += [f"--user-data-dir={folder}", f"http://{host}:{pages.server_port}/page"]
    browser = Child("chromium", command, folder / "chromium.log", ENVIRONMENT | {"HOME": str(folder)})
    try:
        return browser.wait_until_ready(lambda: pages.results, 60)
    finally:
        browser.stop()
        shutil.rmtree(folder, ignore_errors=True)


LOGS_IN = {"exchange": 200, "again": 200, "refresh": 200, "info": 200, "nowhere": 404, "large": 413}


def test_a_page_of_a_listed_origin_logs_in(world, pages):
    with Stack(sandbox=world.usual.sandbox, ALLOWED_ORIGINS=f"http://page.example:{pages.server_port}") as stack:
        results = visit(pages, "page.example", stack)
    assert {name: result["status"] for name, result in results.items()} == LOGS_IN, results
    assert results["info"]["body"]["data"]["customer_name"] == "Ti Ni"
    # nginx's own.
    assert results["nowhere"]["body"]["error"]["reason"] == "not_found"
    # The second answer is a kept one, and says how old it is. No page sees Server.
    assert results["again"].pop("fields") == "X-Request-Id,Age"
    assert {result["fields"] for result in results.values() if "fields" in result} == {"X-Request-Id"}


@pytest.mark.parametrize("listed", ["http://page.example:{port}", ""])
def test_a_page_of_another_origin_does_not_log_in(world, pages, listed):
    with Stack(sandbox=world.usual.sandbox, ALLOWED_ORIGINS=listed.format(port=pages.server_port)) as stack:
        calls = stack.sandbox.call_count()
        results = visit(pages, "other.example", stack)
        assert results == dict.fromkeys(LOGS_IN, {"status": "TypeError"})
        assert stack.sandbox.call_count() == calls, "not even sent"
