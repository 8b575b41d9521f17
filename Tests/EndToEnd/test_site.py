"""What nginx and the responder do together, beside what Tests/API has from openapi.yaml."""

import socket

import pytest
from testbed import http_client
from testbed.processes import wait_until
from testbed.servers import certificate
from testbed.stack import Stack
from testbed.upstream import Upstream


def test_a_method_that_is_not_allowed_gets_405_even_with_a_large_body(stack):
    answer = http_client.request(stack.port, "PUT", "/auth_info", body=b"x" * 16_384)
    assert (answer.status, answer.json["error"]["reason"], answer.all("Allow")) == (405, "method_not_allowed", ["POST"])


@pytest.mark.parametrize("fields", [[], ["X-Forwarded-For: 127.0.0.1", "X-Real-IP: 127.0.0.1"]])
def test_metrics_are_for_this_machines_own_address_whatever_a_header_says(stack, fields):
    # 127.0.0.2 is on this machine, too, but counts as another client.
    answer = http_client.request(stack.port, "GET", "/metrics", fields, source="127.0.0.2")
    assert answer.status == 403 and answer.json["error"]["reason"] == "forbidden"
    assert "tiniapp_auth_requests" not in answer.text


def test_a_client_that_goes_away_neither_ends_its_call_nor_causes_another():
    with Upstream(is_holding=True) as upstream, Stack(upstream=upstream.auth_endpoint) as stack:
        head = "POST /auth_exchange HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n"
        with socket.create_connection(("127.0.0.1", stack.port), 30) as client:
            client.sendall(f'{head}{{"code":"a"}}'.encode())
            upstream.wait_for(1)
        upstream.release()
        log = wait_until((stack.nginx.folder / "access.log").read_text, "the end of the call")
        # nginx waited for it anyway: it logs 499 when it gives up.
        assert '"status":200' in log
        assert len(upstream.arrivals) == 1


def test_a_server_whose_certificate_is_not_trusted_gets_no_call(tmp_path):
    files = certificate(tmp_path, "IP:127.0.0.1")
    with Upstream(tls=files) as upstream:
        # With UPSTREAM_CA_FILE it is trusted, and only that is different.
        for settings, status, calls in (({}, 502, 0), ({"UPSTREAM_CA_FILE": str(files[0])}, 200, 1)):
            with Stack(upstream=upstream.auth_endpoint, **settings) as stack:
                answer = http_client.request(stack.port, "POST", "/auth_exchange", body=b'{"code":"a"}')
                assert (answer.status, len(upstream.arrivals)) == (status, calls)
                if status == 502:
                    assert answer.json["error"]["reason"] == "upstream_unreachable"
                    assert "self-signed" in stack.responder.log("cannot connect to Tiki")
