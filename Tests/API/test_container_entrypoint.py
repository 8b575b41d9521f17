"""How the container's entrypoint configures nginx from settings and machine: trusted proxies, number of workers."""

import json
import os
import pathlib
import re
import resource
import socket
import subprocess
import time

import pytest
from test_client_limits import Connection, assert_limited
from testbed import http_client
from testbed.processes import wait_until


def statuses(container, forwarded):
    with Connection(container.port) as connection:
        return [connection.request("/", header)[0] for header in forwarded]


def assert_last_client(container, expected):
    """The client of the last request in the access log, which is written soon after the answer."""

    def last():
        lines = [line for line in container.text().splitlines() if '"path":"/"' in line]
        return bool(lines) and json.loads(lines[-1])["remote_addr"] == expected

    wait_until(last, f"the last line of the access log has {expected}")


# --- whose X-Forwarded-For is believed ---------------------------------------------------------------------


FORGED = [f"198.51.{number // 256}.{number % 256}" for number in range(600)]


def test_outside_cloud_run_a_written_address_gains_nothing(run):
    container = run().wait_until_ready()
    assert_limited(statuses(container, FORGED))
    assert_last_client(container, "127.0.0.1")


def test_on_cloud_run_the_last_address_is_the_client(run):
    container = run(K_SERVICE="tiniapp-auth-backend").wait_until_ready()
    assert statuses(container, FORGED) == [200] * 600
    assert_limited(statuses(container, [f"{forged}, 203.0.113.7" for forged in FORGED]))
    assert_last_client(container, "203.0.113.7")
    # A private address may be a client's, in a network of one's own: the addresses before it were written by that
    # client.
    assert_limited(statuses(container, [f"{forged}, 10.0.0.7" for forged in FORGED]))
    assert_last_client(container, "10.0.0.7")


def test_on_cloud_run_behind_a_load_balancer_the_client_stands_before_it(run):
    container = run(K_SERVICE="tiniapp-auth-backend", TRUSTED_PROXIES="192.0.2.80").wait_until_ready()
    assert_limited(statuses(container, [f"{forged}, 203.0.113.7, 192.0.2.80" for forged in FORGED]))
    assert_last_client(container, "203.0.113.7")
    # Seen there too: the client's address once more at the end.
    assert statuses(container, ["198.51.100.1, 203.0.113.8, 192.0.2.80, 203.0.113.8"]) == [200]
    assert_last_client(container, "203.0.113.8")


@pytest.mark.parametrize(
    "trusted", ["127.0.0.1", "192.0.2.0/24,127.0.0.0/8", " 127.0.0.1 , 192.0.2.0/24\n", "2001:db8::/32 127.0.0.1"]
)
def test_elsewhere_the_trusted_proxies_are_believed(run, trusted):
    container = run(TRUSTED_PROXIES=trusted).wait_until_ready()
    assert statuses(container, ["203.0.113.7"]) == [200]
    assert_last_client(container, "203.0.113.7")


def test_a_proxy_that_is_not_named_is_not_believed(run):
    container = run(TRUSTED_PROXIES="10.0.0.0/8,192.168.0.1").wait_until_ready()
    assert_limited(statuses(container, FORGED))
    assert_last_client(container, "127.0.0.1")


WRONG = [
    "localhost",
    "10.0.0.0/33",
    "10.0.0.1/8",
    "10.0.0.256",
    "10.0.0",
    "10.0.0.0/",
    "0.0.0.0/0",
    "::/0",
    "2001:db8::1/64",
    "2001:db8::1::2",
    "2001:db8:::1",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "12345::",
    "fe80::1%eth0",
    "unix:",
    "10.0.0.1; deny all",
    "10.0.0.1, |x|",
    "10.0.0.1 proxy",
    "*",
]


@pytest.mark.parametrize("trusted", WRONG)
def test_wrong_trusted_proxies_end_it_with_78_and_a_sentence(run, trusted):
    container = run(TRUSTED_PROXIES=trusted)
    assert container.child.process.wait(60) == 78
    (line,) = container.text().splitlines()
    said = json.loads(line)
    assert said["severity"] == "CRITICAL"
    assert said["message"].startswith("TRUSTED_PROXIES must be IP addresses or networks")


# --- IPv6 --------------------------------------------------------------------------------------------------


def test_it_listens_on_ipv6_where_the_machine_has_it(run):
    container = run().wait_until_ready()
    has_ipv6 = pathlib.Path("/proc/net/if_inet6").exists() and pathlib.Path("/proc/net/if_inet6").read_text() != ""
    assert ("listen [::1]:" in container.configuration()) == has_ipv6
    if not has_ipv6:
        pytest.skip("this machine has no IPv6")
    with socket.create_connection(("::1", container.port), 5) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert connection.recv(12) == b"HTTP/1.1 200"


# --- empty settings ----------------------------------------------------------------------------------------


def test_an_empty_setting_counts_as_not_set(run):
    container = run(PORT="", K_SERVICE="", TRUSTED_PROXIES="").wait_until_ready()
    assert statuses(container, ["198.51.100.1"]) == [200]
    assert_last_client(container, "127.0.0.1")


# --- workers, descriptors, core dumps ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("processors", "cpu_max", "workers"),
    [
        (1, "max 100000", 1),
        (3, "max 100000", 3),
        (64, "max 100000", 4),
        (64, "100000 100000", 1),
        (64, "150000 100000", 2),
        (64, "800000 100000", 4),
        (2, "800000 100000", 2),
        (64, "", 4),
    ],
)
def test_nginx_has_a_worker_for_each_processor_up_to_four(image, run, processors, cpu_max, workers):
    image.set_processors(processors, cpu_max)
    container = run().wait_until_ready()
    # They start after their master has written its id.
    wait_until(lambda: container.workers() == workers, f"{workers} workers instead of {container.workers()}")


def test_nginx_fits_on_a_machine_with_64_processors(image, run):
    """128 MB are for the responder and nginx; nginx at rest takes a sixth at most."""
    image.set_processors(64)
    container = run().wait_until_ready()
    wait_until(lambda: container.workers() == 4, "4 workers")
    pids = [pid for args, pids in container.processes().items() if args.startswith("nginx:") for pid in pids]
    rollups = [pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in pids]
    kilobytes = sum(int(re.search(r"^Pss: +(\d+) kB", rollup, re.MULTILINE)[1]) for rollup in rollups)
    assert kilobytes < 128 * 1024 / 6, f"{kilobytes} kB"


@pytest.mark.parametrize(("limit", "connections"), [(1_024, 512), (20_000, 1_024)])
def test_connections_fit_the_open_files_that_the_engine_allows(image, run, limit, connections):
    container = run(before=["prlimit", f"--nofile={limit}:{limit}"]).wait_until_ready()
    assert f"worker_connections {connections};" in container.configuration()
    assert "nginx: [" not in container.text() and "[warn]" not in container.text() and "[alert]" not in container.text()


def test_nginx_finds_nothing_to_complain_of_in_the_configuration(image, run):
    run(K_SERVICE="x", TRUSTED_PROXIES="192.0.2.0/24,2001:db8::/32").wait_until_ready()
    command = [*image.prefix, "nginx", "-t", "-q", "-e", "stderr", "-p", image.scratch, "-c", "nginx.conf"]
    # As for the container: the file that nginx has as /dev/stdout.
    with open(image.folder / "container.log", "a", encoding="utf-8") as log:
        found = subprocess.run(
            command, env=image.environment(), stdout=log, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (found.returncode, found.stderr) == (0, "")


def test_no_process_of_it_dumps_core(run):
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    if hard == 0:
        pytest.skip("there are no core dumps here anyway")
    container = run(before=["prlimit", f"--core={hard}:{hard}"]).wait_until_ready()
    wait_until(lambda: container.workers() == 2, "2 workers")
    commands = container.processes()
    for name in ("tiniapp-auth-backend", "nginx: master", "nginx: worker"):
        (pids,) = [pids for args, pids in commands.items() if args.startswith(name)]
        for pid in pids:
            limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
            assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE), f"{name}: {limits}"


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
    statuses = [f'"status":{status}' for _, _, status in requests]
    wait_until(lambda: all(status in container.text() for status in statuses), "they are logged")
    text = container.text()
    assert "CANARY" not in text
    # What the error log would have said.
    failures = dict(re.findall(r'"status":(\d+),"bytes"[^\n]*"upstream_failure":"(\w*)"', text))
    assert failures == {"200": "", "502": "no_connection", "413": "", "404": "", "403": ""}
    for line in text.splitlines():
        assert isinstance(json.loads(line), dict)


# --- who may read /metrics ---------------------------------------------------------------------------------


def metrics_status(container, *fields, source="127.0.0.2"):
    return http_client.request(container.port, "GET", "/metrics", fields, source=source).status


@pytest.mark.parametrize(
    ("allowed", "status"),
    [("", 403), ("127.0.0.2", 200), ("192.0.2.7, 127.0.0.0/8", 200), ("127.0.0.3", 403), ("2001:db8::/32", 403)],
)
def test_metrics_are_for_those_that_are_named(run, allowed, status):
    container = run(METRICS_ALLOW=allowed).wait_until_ready()
    assert metrics_status(container) == status
    # Forwarded for somebody.
    assert metrics_status(container, "X-Forwarded-For: 127.0.0.2") == 403


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        ({}, 200),
        ({"METRICS_ALLOW": "127.0.0.1"}, 200),
        ({"METRICS_ALLOW": "192.0.2.7"}, 200),
        # What comes from there may be anybody's.
        ({"TRUSTED_PROXIES": "127.0.0.1"}, 403),
        ({"TRUSTED_PROXIES": "10.0.0.0/8 127.0.0.0/8"}, 403),
        ({"TRUSTED_PROXIES": "64.0.0.0/2"}, 403),
        ({"TRUSTED_PROXIES": "0:0:0:0:0:0:0:1"}, 403),
        ({"TRUSTED_PROXIES": "10.0.0.0/8,127.0.1.0/24,7f00::/8"}, 200),
        ({"METRICS_ALLOW": "::1"}, 200),
        ({"K_SERVICE": "x"}, 403),
        ({"TRUSTED_PROXIES": "127.0.0.1", "METRICS_ALLOW": "127.0.0.1"}, 200),
    ],
)
def test_the_container_itself_may_read_metrics_unless_a_proxy_is_in_it(run, settings, status):
    container = run(**settings).wait_until_ready()
    assert metrics_status(container, source="127.0.0.1") == status
    assert "[warn]" not in container.text()


def test_who_connects_counts_and_not_whom_a_proxy_names(run):
    container = run(METRICS_ALLOW="203.0.113.7", TRUSTED_PROXIES="127.0.0.0/8").wait_until_ready()
    assert metrics_status(container, "X-Forwarded-For: 203.0.113.7") == 403


@pytest.mark.parametrize("allowed", ["all", "0.0.0.0/0", "127.0.0.1 1; include /etc/passwd", "127.0.0.1;"])
def test_wrong_metrics_allow_ends_it_with_78_and_a_sentence(run, allowed):
    container = run(METRICS_ALLOW=allowed)
    assert container.child.process.wait(60) == 78
    assert "METRICS_ALLOW must be IP addresses or networks" in container.text()
