"""Which addresses count as one client for nginx's limits, and that they apply to nginx's own answers too."""

import contextlib
import http.client
import ipaddress
import random
import socket

import pytest
from testbed import http_client
from testbed.servers import Nginx, scratch_folder
from world import replaced, with_limits

# How many requests a client may send at once: nginx/limits.conf.
BURST = 41


def forwarding(configuration):
    """The local site with limits, loopback as a trusted proxy, and a place that tells by what it knows the client."""
    site = """
        set_real_ip_from 127.0.0.1;
        real_ip_header X-Forwarded-For;
        keepalive_requests 1000000;
        location = /client { return 200 "$client_network"; }
    """
    place = "set $tiniapp_auth tiniapp_auth;"
    # A single worker, whose count of requests is exact.
    one_worker = replaced(with_limits(configuration), "worker_processes     auto;", "worker_processes 1;")
    return replaced(one_worker, place, site + place)


@pytest.fixture
def nginx(world):
    """In front of the usual responder, with nothing counted yet."""
    nginx = Nginx(scratch_folder(), world.usual.responder.socket, forwarding)
    yield nginx
    nginx.stop()


def answers(port, clients, path="/"):
    """Status and body for requests from these addresses, over one connection."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        for client in clients:
            connection.request("GET", path, headers={"X-Forwarded-For": str(client)})
            answer = connection.getresponse()
            yield answer.status, answer.read()


def statuses(port, clients, path="/"):
    return [status for status, _ in answers(port, clients, path)]


def network(address):
    """The client that nginx should count an address as."""
    if address.version == 4:
        return address.packed
    return address.ipv4_mapped.packed if address.ipv4_mapped else address.packed[:8]


def addresses():
    # 0a, 0d, 00 and quotes in the binary form must not matter to a pattern.
    texts = "10.10.13.10 0.0.0.0 34.39.92.36 ::1 :: 2001:db8::1 1:: ::ffff:0:0 ::ffff:10.10.13.10"
    texts += " ::fffe:1.2.3.4 0:0:0:0:0:1:ffff:102 a0a:d0a:0:22::a0a"
    yield from map(ipaddress.ip_address, texts.split())
    choice = random.Random(20260301)
    for _ in range(500):
        yield ipaddress.IPv6Address(choice.getrandbits(128))
        yield ipaddress.IPv4Address(choice.getrandbits(32))
        yield ipaddress.IPv6Address(0xFFFF_0000_0000 | choice.getrandbits(32))


def test_a_client_is_an_ipv4_address_or_the_64_bit_network_of_an_ipv6_address(nginx):
    found = zip(addresses(), answers(nginx.port, addresses(), "/client"), strict=True)
    assert not [address for address, answer in found if answer != (200, network(address))]


def assert_limited(found, usual=200):
    """As one client that sends them all at once. The slower the machine, the more get through."""
    assert set(found) == {usual, 429}
    assert found.count(usual) >= BURST


SLASH_64 = ipaddress.IPv6Network("2001:db8:1:2::/64")
OTHERS = ["2001:db8:1:3::1", "192.0.2.1"]


def test_600_requests_from_600_addresses_of_one_64_are_limited_as_those_of_one_client_but_its_probes_are_not(nginx):
    clients = [SLASH_64[random.getrandbits(64)] for _ in range(600)]
    assert_limited(statuses(nginx.port, clients))
    assert statuses(nginx.port, OTHERS) == [200, 200]
    assert statuses(nginx.port, clients, "/health/ready") == [200] * 600


def test_the_connections_of_one_64_are_those_of_one_client(nginx):
    refused = 0
    with contextlib.ExitStack() as connections:
        # 35 each are not over the rate of a path; each waits for its body.
        for number in range(105):
            connection = connections.enter_context(socket.create_connection(("127.0.0.1", nginx.port), 5))
            path = ("/auth_exchange", "/auth_refresh", "/auth_info")[number // 35]
            fields = f"Host: a\r\nX-Forwarded-For: {SLASH_64[number]}\r\nContent-Length: 9\r\nExpect: 100-continue"
            connection.sendall(f"POST {path} HTTP/1.1\r\n{fields}\r\nContent-Type: application/json\r\n\r\n".encode())
            # nginx says whether it wants the body.
            refused += connection.recv(12) == b"HTTP/1.1 429"
        assert refused == 5
        assert statuses(nginx.port, [SLASH_64[1_000], *OTHERS]) == [429, 200, 200]
        assert statuses(nginx.port, [SLASH_64[1_000]], "/health/live") == [200]


@pytest.mark.parametrize(
    ("status", "line", "field"),
    [
        (413, "POST /auth_exchange", "Content-Length: 16385"),
        (413, "GET /nowhere", "Content-Length: 99999999999"),
        (413, "POST /health/live", "Content-Length: 16385"),
        # Refused unread.
        (411, "POST /auth_exchange", "Transfer-Encoding: chunked"),
        (404, "GET /nowhere", "X: a"),
        (403, "GET /metrics", "X: a"),
        (405, "TRACE /", "X: a"),
        (400, "GET /", "Content-Length: -1"),
        (400, "GET /", "Host: twice"),
        (414, f"GET /{'a' * 40_000}", "X: a"),
        (431, "GET /", f"Long: {'a' * 40_000}"),
        (501, "POST /", "Transfer-Encoding: gzip"),
    ],
)
def test_a_flood_of_what_nginx_refuses_becomes_429(nginx, status, line, field):
    fields = f"Host: localhost\r\n{field}\r\nX-Forwarded-For: 203.0.113.9\r\nConnection: close"
    data = f"{line} HTTP/1.1\r\n{fields}\r\n\r\n".encode()
    answers = [http_client.send(nginx.port, data) for _ in range(120)]
    assert_limited([answer.status for answer in answers], usual=status)
    for answer in answers:
        assert answer.json["error"]["code"] == answer.status
        assert answer.all("Retry-After") == (["1"] if answer.status == 429 else [])


@pytest.mark.parametrize(("fields", "status"), [(4, 200), (5, 431)])
def test_headers_that_nginx_takes_fit_into_the_params(world, fields, status):
    # Each fills one of nginx's four buffers for headers. From 1.23 on, nginx passes all of them on as one param.
    long = [f"X-Cloud-Trace-Context: {'a' * 8_160}"] * fields
    assert http_client.request(world.usual.port, "GET", "/health/live", long).status == status
