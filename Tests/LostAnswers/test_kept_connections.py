"""nginx keeps FastCGI connections, and understands a last answer."""

import re
import socket
import threading

import pytest
from testbed import fastcgi, http_client
from testbed.servers import Nginx

HELLO = b"Status: 200 OK\r\nContent-Type: text/plain\r\n\r\nhello"
ANSWER = fastcgi.record(fastcgi.STDOUT, HELLO) + fastcgi.record(fastcgi.STDOUT)
ANSWER += fastcgi.record(fastcgi.END_REQUEST, bytes(8))
# What follows the last answer on a connection: an FCGI_GET_VALUES_RESULT without values.
NOTHING_MORE = fastcgi.record(fastcgi.GET_VALUES_RESULT, request_id=0)


def is_whole(received):
    return fastcgi.records(received)[0][-1:] == [fastcgi.Record(1, fastcgi.STDIN, 1, b"")]


def serve(listener, answer, counts):
    """Answers on one connection after the other, until nginx closes it, and counts the requests on each."""
    while True:
        connection, _ = listener.accept()
        counts.append(0)
        with connection:
            while fastcgi.read(connection, is_whole):
                counts[-1] += 1
                connection.sendall(answer)


@pytest.mark.parametrize(("answer", "counts"), [(ANSWER, [20]), (ANSWER + NOTHING_MORE, [1] * 20)], ids=["any", "last"])
def test_nginx_keeps_a_connection_for_the_next_request_unless_the_answer_was_the_last(tmp_path, answer, counts):
    found = []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "fake.sock"))
        listener.listen(64)
        threading.Thread(target=serve, args=(listener, answer, found), daemon=True).start()
        # Each worker keeps its own.
        one_worker = re.compile(r"worker_processes +auto;")
        nginx = Nginx(tmp_path, tmp_path / "fake.sock", change=lambda site: one_worker.sub("worker_processes 1;", site))
        try:
            for _ in range(20):
                response = http_client.request(nginx.port, "GET", "/")
                assert (response.status, response.body) == (200, b"hello")
        finally:
            nginx.stop()
    assert found == counts
