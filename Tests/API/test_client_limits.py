"""Which addresses count as one client for nginx's limits, and that they apply to nginx's own answers too."""

import contextlib
import http.client
import ipaddress
import random
import re
import socket

import pytest
from testbed import http_client
from testbed.processes import wait_until
from testbed.servers import Nginx, scratch_folder
from world import replaced, with_limits

# How many requests a client may send at once: nginx/limits.conf.
BURST = 41


def forwarding(configuration):
    """The local site with loopback as a trusted proxy, and a place that tells by what it knows the client."""
    site = """
        set_real_ip_from 127.0.0.1;
        real_ip_header X-Forwarded-For;
        keepalive_requests 1000000;
        location = /client { return 200 "$client_network"; }
    """
    configuration = replaced(configuration, "set $tiniapp_auth tiniapp_auth;", site + "set $tiniapp_auth tiniapp_auth;")
    # A single one, whose count of requests is exact.
    return replaced(configuration, "worker_processes     auto;", "worker_processes 1;")


@pytest.fixture
def new_nginx(world):
    """Starts an nginx in front of the usual responder, with nothing counted yet."""
    with contextlib.ExitStack() as started:

        def start(change=forwarding):
            socket_path = world.usual.responder.socket
            nginx = Nginx(scratch_folder(), socket_path, lambda configuration: change(with_limits(configuration)))
            started.callback(nginx.stop)
            return nginx

        yield start


class Connection:
    """One that is kept, with requests from any address."""

    def __init__(self, port):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._connection.close()

    def request(self, path, address, method="GET", headers=None, body=None):
        self._connection.request(method, path, body, {"X-Forwarded-For": str(address), **(headers or {})})
        answer = self._connection.getresponse()
        return answer.status, answer.read()


def network(address):
    """The client that nginx should count an address as."""
    if address.version == 4:
        return address.packed
    if address.ipv4_mapped:
        return address.ipv4_mapped.packed
    return address.packed[:8]


def spellings(address):
    """Ways to write an address that a proxy might choose."""
    if address.version == 4:
        return [str(address)]
    yield from {str(address), str(address).upper(), address.exploded, f"[{address}]:443"}
    last = ipaddress.IPv4Address(address.packed[12:])
    # nginx takes 255.255.255.255 for a failure to read it.
    if last != ipaddress.IPv4Address("255.255.255.255"):
        yield f"{address.exploded[:29]}:{last}"


def random_ipv6(choice):
    """Groups that are often 0 or ffff, so that there is everything to compress."""
    groups = [choice.choice((0, 0, 0, 1, 0xFF, 0xFFFF, choice.randrange(0x10000))) for _ in range(8)]
    return ipaddress.IPv6Address(b"".join(group.to_bytes(2, "big") for group in groups))


def addresses():
    choice = random.Random(20260301)
    # 0a, 0d, 00 and quotes in the binary form must not matter to a pattern.
    yield from map(ipaddress.ip_address, ("10.10.13.10", "0.0.0.0", "34.39.92.36", "255.255.255.255"))
    texts = "::1 :: 2001:db8::1 1:: ::ffff:0:0 ::ffff:10.10.13.10 ::fffe:1.2.3.4 0:0:0:0:0:1:ffff:102 a0a:d0a:0:22::a0a"
    yield from map(ipaddress.ip_address, texts.split())
    for _ in range(250):
        first = random_ipv6(choice)
        yield first
        yield ipaddress.IPv6Address(int(first) ^ choice.getrandbits(64))
        # Another /64, by one bit.
        yield ipaddress.IPv6Address(int(first) ^ 1 << choice.randrange(64, 128))
        yield ipaddress.IPv4Address(choice.getrandbits(32))
        yield ipaddress.IPv6Address(0xFFFF_0000_0000 | choice.getrandbits(32))


def test_a_client_is_an_ipv4_address_or_the_64_bit_network_of_an_ipv6_address(new_nginx):
    asked = 0
    with Connection(new_nginx().port) as connection:
        for address in addresses():
            for text in spellings(address):
                answer = connection.request("/client", text)
                assert answer == (200, network(address)), f"{text} is known by {answer}"
                asked += 1
    assert asked > 2_500


def statuses(nginx, clients, path="/", **request):
    with Connection(nginx.port) as connection:
        return [connection.request(path, client, **request)[0] for client in clients]


def assert_limited(found, usual=200):
    """As one client that sends them all at once. The slower the machine, the more get through."""
    assert set(found) == {usual, 429}
    assert found.count(usual) >= BURST


SLASH_64 = ipaddress.IPv6Network("2001:db8:1:2::/64")


def test_600_requests_from_600_addresses_of_one_64_are_limited_as_those_of_one_client(new_nginx):
    choice = random.Random(64)
    clients = [SLASH_64[choice.getrandbits(64)] for _ in range(600)]
    nginx = new_nginx()
    assert_limited(statuses(nginx, clients))
    assert_limited(statuses(new_nginx(), [ipaddress.IPv4Address("192.0.2.1")] * 600))
    # Other clients are not affected.
    assert statuses(nginx, ["2001:db8:1:3::1", "192.0.2.1"]) == [200, 200]


def test_600_requests_from_600_networks_are_not_limited(new_nginx):
    clients = [ipaddress.IPv6Address(int(SLASH_64[1]) + (number << 64)) for number in range(300)]
    clients += [ipaddress.IPv4Address("198.18.0.0") + number for number in range(300)]
    assert statuses(new_nginx(), clients) == [200] * 600


def test_the_connections_of_one_64_are_those_of_one_client(new_nginx):
    nginx = new_nginx()
    open_connections = []
    refused = 0
    try:
        # 35 each are not over the rate of a path; each waits for its body.
        for path in ("/auth_exchange", "/auth_refresh", "/auth_info"):
            for _ in range(35):
                connection = socket.create_connection(("127.0.0.1", nginx.port), 5)
                open_connections.append(connection)
                client = SLASH_64[len(open_connections)]
                head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: {client}\r\nContent-Length: 9\r\n"
                connection.sendall(f"{head}Content-Type: application/json\r\nExpect: 100-continue\r\n\r\n".encode())
                # nginx says whether it wants the body.
                refused += connection.recv(12) == b"HTTP/1.1 429"
        assert (len(open_connections), refused) == (105, 5)
        assert statuses(nginx, [SLASH_64[1_000]]) == [429]
        assert statuses(nginx, ["2001:db8:1:3::1"]) == [200]
        assert statuses(nginx, [SLASH_64[1_000]], "/health/live") == [200]
    finally:
        for connection in open_connections:
            connection.close()


@pytest.mark.parametrize(
    ("status", "head"),
    [
        (413, "POST /auth_exchange HTTP/1.1\r\nHost: localhost\r\nContent-Length: 16385\r\n"),
        (413, "GET /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n"),
        (413, "POST /health/live HTTP/1.1\r\nHost: localhost\r\nContent-Length: 16385\r\n"),
        (404, "GET /nowhere HTTP/1.1\r\nHost: localhost\r\n"),
        (403, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n"),
        (405, "TRACE / HTTP/1.1\r\nHost: localhost\r\n"),
        (400, "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n"),
        (400, "GET / HTTP/1.1\r\nHost: localhost\r\nHost: twice\r\n"),
        (414, f"GET /{'a' * 40_000} HTTP/1.1\r\nHost: localhost\r\n"),
        (431, f"GET / HTTP/1.1\r\nHost: localhost\r\nLong: {'a' * 40_000}\r\n"),
        (501, "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n"),
    ],
)
def test_a_flood_of_what_nginx_refuses_becomes_429(new_nginx, status, head):
    nginx = new_nginx()
    data = f"{head}X-Forwarded-For: 203.0.113.9\r\nConnection: close\r\n\r\n".encode()
    answers = [http_client.send(nginx.port, data) for _ in range(120)]
    assert_limited([answer.status for answer in answers], usual=status)
    for answer in answers:
        assert answer.json["error"]["code"] == answer.status
        assert answer.all("Retry-After") == (["1"] if answer.status == 429 else [])


def test_a_chunked_body_is_refused_unread_and_counted_too(new_nginx):
    nginx = new_nginx()
    head = "POST /auth_exchange HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    answers = [http_client.send(nginx.port, head.encode()) for _ in range(120)]
    assert_limited([answer.status for answer in answers], usual=411)
    assert {answer.json["error"]["reason"] for answer in answers} == {"length_required", "too_many_requests"}


@pytest.mark.parametrize(("fields", "status"), [(4, 200), (5, 431)])
def test_headers_that_nginx_takes_fit_into_the_params(world, fields, status):
    # Each fills one of nginx's four buffers for headers. From 1.23 on, nginx passes all of them on as one param.
    long = [f"X-Cloud-Trace-Context: {'a' * 8_160}"] * fields
    assert http_client.request(world.usual.port, "GET", "/health/live", long).status == status


def test_probes_get_through_however_busy_their_address_is(new_nginx):
    nginx = new_nginx()
    assert_limited(statuses(nginx, ["203.0.113.9"] * 300))
    assert statuses(nginx, ["203.0.113.9"] * 300, "/health/ready") == [200] * 300


def test_the_address_of_a_client_is_not_its_to_say(new_nginx):
    """The local site trusts nobody: a written header changes nothing."""
    nginx = new_nginx(change=lambda configuration: configuration)
    clients = [ipaddress.IPv4Address("198.18.0.0") + number for number in range(600)]
    # Several workers share the count.
    assert_limited(statuses(nginx, clients))
    access_log = wait_until((nginx.folder / "access.log").read_text, "the requests are logged")
    assert set(re.findall(r'"remote_addr":"([^"]*)"', access_log)) == {"127.0.0.1"}
