"""How the container's entrypoint configures nginx from settings and machine: trusted proxies, number of workers."""

import json
import os
import pathlib
import re
import resource
import time

import pytest
from test_client_limits import assert_limited, statuses
from testbed import http_client
from testbed.processes import wait_until


def assert_last_client(container, expected):
    """The client of the last request in the access log, which is written soon after the answer."""

    def last():
        lines = [line for line in container.child.text().splitlines() if '"path":"/"' in line]
        return bool(lines) and json.loads(lines[-1])["remote_addr"] == expected

    wait_until(last, f"the last line of the access log has {expected}")
    # nginx has nothing to complain of.
    assert "[warn]" not in container.child.text() and "[alert]" not in container.child.text()


def refusal(container):
    """The one sentence of a container that ends with 78."""
    assert container.child.process.wait(60) == 78
    (line,) = map(json.loads, container.child.text().splitlines())
    assert line["severity"] == "CRITICAL"
    return line["message"]


# --- whose X-Forwarded-For is believed ---------------------------------------------------------------------


FORGED = [f"198.51.{number // 256}.{number % 256}" for number in range(600)]


@pytest.mark.parametrize("settings", [{}, {"TRUSTED_PROXIES": "10.0.0.0/8,192.168.0.1"}])
def test_an_address_that_no_trusted_proxy_has_written_gains_nothing(run, settings):
    container = run(**settings).wait_until_ready()
    assert_limited(statuses(container.port, FORGED))
    assert_last_client(container, "127.0.0.1")


def test_on_cloud_run_the_last_address_is_the_client(run):
    container = run(K_SERVICE="tiniapp-auth-backend").wait_until_ready()
    assert statuses(container.port, FORGED) == [200] * 600
    # A private address may be a client's, too: the addresses before it were written by that client.
    for client in ("203.0.113.7", "10.0.0.7"):
        assert_limited(statuses(container.port, [f"{forged}, {client}" for forged in FORGED]))
        assert_last_client(container, client)


def test_on_cloud_run_behind_a_load_balancer_the_client_stands_before_it(run):
    container = run(K_SERVICE="tiniapp-auth-backend", TRUSTED_PROXIES="192.0.2.80").wait_until_ready()
    assert_limited(statuses(container.port, [f"{forged}, 203.0.113.7, 192.0.2.80" for forged in FORGED]))
    assert_last_client(container, "203.0.113.7")
    # Seen there too: the client's address once more at the end.
    assert statuses(container.port, ["198.51.100.1, 203.0.113.8, 192.0.2.80, 203.0.113.8"]) == [200]
    assert_last_client(container, "203.0.113.8")


@pytest.mark.parametrize(
    "trusted", [" 127.0.0.1 , 192.0.2.0/24\n", "192.0.2.0/24,127.0.0.0/8", "2001:db8::/32 127.0.0.1"]
)
def test_elsewhere_the_trusted_proxies_are_believed(run, trusted):
    container = run(TRUSTED_PROXIES=trusted).wait_until_ready()
    assert statuses(container.port, ["203.0.113.7"]) == [200]
    assert_last_client(container, "203.0.113.7")


WRONG = """
    localhost 10.0.0.0/33 10.0.0.1/8 10.0.0.256 10.0.0 10.0.0.0/ 0.0.0.0/0 ::/0 2001:db8::1/64 2001:db8::1::2
    2001:db8:::1 1:2:3:4:5:6:7 1:2:3:4:5:6:7:8:9 12345:: fe80::1%eth0 unix: * |x| 127.0.0.1;
"""


WRONG = [*WRONG.split(), "10.0.0.1; deny all", "10.0.0.1, |x|", "10.0.0.1 proxy"]


@pytest.mark.parametrize(("name", "value"), [("METRICS_ALLOW", "all"), *(("TRUSTED_PROXIES", one) for one in WRONG)])
def test_what_is_no_network_ends_it_with_78_and_a_sentence(run, name, value):
    assert refusal(run(**{name: value})).startswith(f"{name} must be IP addresses or networks")


@pytest.mark.parametrize("port", ["0", "65536"])
def test_what_is_no_port_ends_it_with_78_and_a_sentence(run, port):
    assert refusal(run(PORT=port)) == "PORT must be a number from 1 to 65535"


def test_it_listens_on_ipv6_where_the_machine_has_it(image, run):
    run().wait_until_ready()
    found = pathlib.Path("/proc/net/if_inet6")
    has_ipv6 = found.exists() and found.read_text() != ""
    assert ("listen [::1]:" in (image.scratch / "nginx.conf").read_text()) == has_ipv6


# --- what has no value, or has one that is another's -------------------------------------------------------


def preflight(container, origin):
    fields = [f"Origin: {origin}", "Access-Control-Request-Method: POST"]
    return http_client.request(container.port, "OPTIONS", "/auth_exchange", fields).status


def test_an_empty_setting_counts_as_not_set(run):
    names = "PORT K_SERVICE TRUSTED_PROXIES ALLOWED_ORIGINS TIKI_VALIDATION_CODE TIKI_VALIDATION_TEXT METRICS_ALLOW"
    container = run(**dict.fromkeys(names.split(), "")).wait_until_ready()
    assert statuses(container.port, ["198.51.100.1"]) == [200]
    assert_last_client(container, "127.0.0.1")
    assert preflight(container, "https://tiki.vn") == 405


def test_pages_of_listed_origins_may_call_and_tini_console_finds_its_file(run):
    settings = {"TIKI_VALIDATION_CODE": "J9jcjJnnkji7AoVK", "TIKI_VALIDATION_TEXT": "a line"}
    settings["ALLOWED_ORIGINS"] = "http://localhost:3000, https://tiki.vn,http://a.vn"
    container = run(**settings).wait_until_ready()
    answer = http_client.request(container.port, "GET", "/tiki-validation-code/J9jcjJnnkji7AoVK/auth.txt")
    assert (answer.status, answer.text) == (200, "a line")
    origins = ("http://localhost:3000", "https://tiki.vn", "http://a.vn", "https://evil.example")
    assert [preflight(container, origin) for origin in origins] == [204, 204, 204, 405]


def test_a_responder_that_refuses_its_settings_ends_the_container_before_nginx_starts(image, run):
    # These would be other directives of nginx.
    container = run(ALLOWED_ORIGINS='https://a" b')
    assert container.child.process.wait(60) == 78
    assert "ALLOWED_ORIGINS is not a list of origins such as https://tiki.vn" in container.child.text()
    assert "responder has ended with code 78; so does the container" in container.child.text().splitlines()[-1]
    assert not (image.scratch / "nginx.conf").exists()


# --- workers, descriptors, core dumps ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("processors", "cpu_max", "workers"),
    [
        (1, "max 100000", 1),
        (3, "max 100000", 3),
        (64, "max 100000", 4),
        (64, "150000 100000", 2),
        (2, "800000 100000", 2),
        (64, "", 4),
    ],
)
def test_nginx_has_a_worker_for_each_processor_up_to_four(image, run, processors, cpu_max, workers):
    image.set_processors(processors, cpu_max)
    run().wait_until_ready().wait_for_workers(workers)


@pytest.mark.parametrize(("limit", "connections"), [(1_024, 512), (20_000, 1_024)])
def test_connections_fit_the_open_files_that_the_engine_allows(image, run, limit, connections):
    container = run(before=["prlimit", f"--nofile={limit}:{limit}"]).wait_until_ready()
    assert f"worker_connections {connections};" in (image.scratch / "nginx.conf").read_text()
    assert "nginx: [" not in container.child.text()


def test_no_process_of_it_dumps_core(run):
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    if hard == 0:
        pytest.skip("there are no core dumps here anyway")
    container = run(before=["prlimit", f"--core={hard}:{hard}"]).wait_until_ready()
    container.wait_for_workers(2)
    for name, count in {"tiniapp-auth-backend": 1, "nginx: master": 1, "nginx: worker": 2}.items():
        limits = [pathlib.Path(f"/proc/{pid}/limits").read_text() for pid in container.processes(name)]
        assert [re.search(r"^Max core file size +(\d+) ", text, re.MULTILINE)[1] for text in limits] == ["0"] * count


# --- logs --------------------------------------------------------------------------------------------------


def test_no_log_has_the_query_or_the_referrer_even_if_the_responder_is_not_reached(image, run):
    container = run().wait_until_ready()
    os.rename(image.scratch / "fastcgi.sock", image.scratch / "elsewhere.sock")
    # nginx keeps connections for half a second after their last request.
    time.sleep(1)
    requests = [("/auth_exchange", 2, 502), ("/auth_exchange", 16_385, 413), ("/nowhere", 2, 404), ("/metrics", 2, 403)]
    for path, size, status in requests:
        fields = ["Referer: https://CANARY.test/", "X-Forwarded-For: 203.0.113.7"]
        answer = http_client.request(container.port, "POST", f"{path}?code=CANARY", fields, b"{}".ljust(size))
        assert answer.status == status

    # What the error log would have said.
    def failures():
        found = dict(re.findall(r'"status":(\d+),"bytes"[^\n]*"upstream_failure":"(\w*)"', container.child.text()))
        return found == {"200": "", "502": "no_connection", "413": "", "404": "", "403": ""}

    wait_until(failures, "they are logged")
    assert "CANARY" not in container.child.text()
    assert all(isinstance(json.loads(line), dict) for line in container.child.text().splitlines())


# --- who may read /metrics ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "settings", "status"),
    [
        ("127.0.0.2", {}, 403),
        ("127.0.0.2", {"METRICS_ALLOW": "127.0.0.2"}, 200),
        ("127.0.0.2", {"METRICS_ALLOW": "192.0.2.7, 127.0.0.0/8"}, 200),
        ("127.0.0.2", {"METRICS_ALLOW": "127.0.0.3 2001:db8::/32"}, 403),
        # The container itself may, unless what comes from there may be anybody's.
        ("127.0.0.1", {}, 200),
        ("127.0.0.1", {"METRICS_ALLOW": "127.0.0.1"}, 200),
        ("127.0.0.1", {"METRICS_ALLOW": "::1 192.0.2.7"}, 200),
        ("127.0.0.1", {"TRUSTED_PROXIES": "10.0.0.0/8 127.0.0.0/8"}, 403),
        ("127.0.0.1", {"TRUSTED_PROXIES": "64.0.0.0/2"}, 403),
        ("127.0.0.1", {"TRUSTED_PROXIES": "0:0:0:0:0:0:0:1"}, 403),
        ("127.0.0.1", {"TRUSTED_PROXIES": "10.0.0.0/8,127.0.1.0/24,7f00::/8"}, 200),
        ("127.0.0.1", {"K_SERVICE": "x"}, 403),
        ("127.0.0.1", {"TRUSTED_PROXIES": "127.0.0.1", "METRICS_ALLOW": "127.0.0.1"}, 200),
    ],
)
def test_metrics_are_for_the_container_itself_and_those_that_are_named(run, source, settings, status):
    container = run(**settings).wait_until_ready()
    assert http_client.request(container.port, "GET", "/metrics", source=source).status == status
    # Who connects counts, and not whom it names.
    for named in ("127.0.0.1", "127.0.0.2"):
        answer = http_client.request(container.port, "GET", "/metrics", [f"X-Forwarded-For: {named}"], source=source)
        assert answer.status == 403
    assert "[warn]" not in container.child.text()
