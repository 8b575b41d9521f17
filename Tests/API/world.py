"""The stacks that the examples need, with the settings that cause its errors. Each is started when it is first used."""

import concurrent.futures
import contextlib
import functools
import re
import signal

import document
from testbed import http_client
from testbed.places import ROOT
from testbed.ports import free_port
from testbed.processes import ENVIRONMENT, Child, stat_of, wait_until
from testbed.servers import Nginx, Responder, scratch_folder
from testbed.stack import Stack

LONG = "60"


def replaced(configuration, old, new):
    assert configuration.count(old) == 1, f"nginx/local.conf.template has no '{old}', or several"
    return configuration.replace(old, new)


def with_limits(configuration):
    """The local site with the limits for each client, which it is shipped without."""
    return replaced(configuration, 'map "" $limited_client {', "map $binary_remote_addr $limited_client {")


class World:
    def __init__(self):
        self._started = contextlib.ExitStack()
        self._threads = concurrent.futures.ThreadPoolExecutor(32)
        self._started.callback(self._threads.shutdown)

    def stop(self):
        self._started.close()

    def _keep(self, server):
        self._started.callback(server.stop)
        return server

    def _in_background(self, port, method, path):
        """Sends a request that goes as far as Tiki, and returns a future for its answer."""
        key = document.REQUIRED_KEYS.get(path)
        body = None if key is None else b'{"%s":"a"}' % key.encode()
        return self._threads.submit(http_client.request, port, method, path, body=body)

    @functools.cached_property
    def usual(self):
        """Everything works, and nobody is limited. The same token is sent again and again, to get different answers."""
        # The file that the document has for an example.
        path, text = next((e.path, e.value) for e in document.response_examples() if e.name == "validation_file")
        return self._keep(Stack(REPLAY_WINDOW="0", TIKI_VALIDATION_CODE=path.split("/")[2], TIKI_VALIDATION_TEXT=text))

    @functools.cached_property
    def limited(self):
        """nginx with the limits for each client."""
        return self._keep(Nginx(scratch_folder(), self.usual.responder.socket, with_limits))

    @functools.cached_property
    def hasty(self):
        """The responder waits for no body."""
        return self._keep(Stack(sandbox=self.usual.sandbox, ARRIVAL_TIMEOUT="0.1"))

    @functools.cached_property
    def without_tiki(self):
        """Nobody listens in Tiki's place. And the responder accepts smaller bodies than nginx does."""
        return self._keep(Stack(upstream=f"http://127.0.0.1:{free_port()}/auth/token", MAX_BODY_BYTES="100"))

    @functools.cached_property
    def impatient(self):
        """Tiki takes longer than the responder waits."""
        return self._keep(Stack(sandbox_options=["--delay", "5000"], REQUEST_TIMEOUT="1", REPLAY_WINDOW="0"))

    @functools.cached_property
    def busy(self):
        """The limit is one request in flight, and one is."""
        stack = self._keep(Stack(MAX_IN_FLIGHT="1", REQUEST_TIMEOUT=LONG))
        stack.sandbox.fault(no_answer=True)
        self._in_background(stack.port, "POST", "/auth_info")
        wait_until(lambda: stack.sandbox.call_count() == 1, "a request is in flight")
        return stack

    @functools.cached_property
    def without_store(self):
        """The store is required and cannot be reached, so nothing is sent."""
        store = "redis+unix:///nonexistent/redis.sock"
        return self._keep(Stack(sandbox=self.usual.sandbox, SHARED_STORE=store, SHARED_STORE_REQUIRED="1"))

    @functools.cached_property
    def second(self):
        """One of two instances with a store. The other has made the calls for tokens, and waits for Tiki."""
        folder = scratch_folder()
        command = ["redis-server", "--port", "0", "--unixsocket", folder / "redis.sock", "--save", "", "--dir", folder]
        redis = self._keep(Child("redis", command, folder / "redis.log", ENVIRONMENT, signal.SIGKILL))
        redis.wait_until_ready(lambda: "eady to accept connections" in redis.text())
        store = f"redis+unix://{folder}/redis.sock"
        first = self._keep(Stack(SHARED_STORE=store, REQUEST_TIMEOUT=LONG))
        for number, path in enumerate(("/auth_exchange", "/auth_refresh"), 1):
            first.sandbox.fault(no_answer=True)
            self._in_background(first.port, "POST", path)
            wait_until(lambda number=number: first.sandbox.call_count() == number, "a call is under way")
        return self._keep(Stack(sandbox=first.sandbox, SHARED_STORE=store, REQUEST_TIMEOUT="1"))

    @functools.cached_property
    def ended(self):
        """The responder has been told to end while calls were under way, and is gone now.

        Returns the stack, and by path what those calls got.
        """
        stack = self._keep(Stack(SHUTDOWN_GRACE="0.2", REQUEST_TIMEOUT=LONG))
        for _ in document.REQUIRED_KEYS:
            stack.sandbox.fault(no_answer=True)
        waiting = {path: self._in_background(stack.port, "POST", path) for path in document.REQUIRED_KEYS}
        wait_until(lambda: stack.sandbox.call_count() == len(waiting), "all calls are under way")
        stack.responder.send_signal(signal.SIGTERM)
        answers = {path: answer.result() for path, answer in waiting.items()}
        stack.responder.child.process.wait(60)
        return stack, answers

    @functools.cached_property
    def silent(self):
        """The responder's process is suspended. Futures for nginx's answers after its 15 s, by method and path."""
        stack = self._keep(Stack(sandbox=self.usual.sandbox))
        stack.responder.send_signal(signal.SIGSTOP)
        wait_until(lambda: stat_of(stack.responder.child.process.pid)[0] == "T", "it is suspended")
        return {
            (method, path): self._in_background(stack.port, method, path)
            for path, method, _ in document.operations()
            if method != "HEAD"
        }

    def new_responder(self):
        """One without nginx, for a test that ends it."""
        return self._keep(Responder(scratch_folder(), self.usual.sandbox.auth_endpoint))

    @functools.cached_property
    def told(self):
        """nginx answers with the status in the field X-Answer: for statuses whose cause cannot be produced here."""

        def change(configuration):
            # It is looked up again in the error's own location, where it must not answer a second time.
            told = 'map "$uri:$http_x_answer" $told { volatile; "~^/nginx_error:" ""; "~:([0-9]+)$" $1; default ""; }\n'
            answers = "".join(f"if ($told = {status}) {{ return {status}; }}\n" for status in (411, 421, 500, 503))
            return replaced(configuration, "    server {\n", f"{told}    server {{\n{answers}")

        return self._keep(Nginx(scratch_folder(), self.usual.responder.socket, change))

    @functools.cached_property
    def plain(self):
        """The plain-HTTP half of a VM's site, as it is shipped, on its own port."""

        def change(configuration):
            site = (ROOT / "nginx/vm-site.conf.template").read_text().replace("@DOMAIN@", "localhost")
            server = re.search(r"^server \{$.*?^\}$", site, re.MULTILINE | re.DOTALL).group()
            listen = re.search(r"listen 127\.0\.0\.1:\d+;", configuration).group()
            server = re.sub(r"^ *access_log .*$", "", server.replace("listen 80;", listen), flags=re.MULTILINE)
            server = server.replace("listen [::]:80;", "")
            return configuration[: configuration.index("    upstream tiniapp_auth")] + server + "\n}\n"

        return self._keep(Nginx(scratch_folder(), "/none", change))
