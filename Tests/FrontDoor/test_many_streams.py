"""Many peers that send what has never been tried: with `make test-long`."""

import collections
import concurrent.futures
import socket
import time

import mutations
from conftest import only_long
from test_peers import nginx_streams
from testbed import fastcgi

pytestmark = only_long

STREAMS = 120_000
# What says that an answer is the last on a connection that was to be kept.
NOTHING_MORE = fastcgi.record(fastcgi.GET_VALUES_RESULT, request_id=0)


def keeping_connection(data):
    """The same request with the flag that keeps its connection, in the begin-request record."""
    return data[:10] + bytes([data[10] | fastcgi.KEEP_CONNECTION]) + data[11:]


def outcome(path, writes, ending):
    """The answer's status, or a word; no answer is whole or absent but by a mistake of the responder."""
    with fastcgi.connect(path) as peer:
        for data in writes:
            if not fastcgi.send(peer, data):
                break
        if ending == mutations.CLOSE:
            return "not read"
        if ending == mutations.HALF_CLOSE:
            peer.shutdown(socket.SHUT_WR)
        received = fastcgi.read(peer, fastcgi.ends_request)
        # A connection that is kept waits for this.
        peer.shutdown(socket.SHUT_WR)
        received += fastcgi.read(peer)
    if not received:
        return "closed"
    return fastcgi.parse(received.removesuffix(NOTHING_MORE), int.from_bytes(received[2:4])).status


def test_the_process_survives_mutated_streams_and_leaks_nothing(start):
    # The fuzzer starts from these requests, too.
    samples = list(nginx_streams().values())
    samples += [keeping_connection(data) for data in samples]
    door = start(ARRIVAL_TIMEOUT="0.2", LOG_LEVEL="notice")

    def send(seed):
        try:
            return outcome(door.socket, *mutations.stream(samples, seed))
        except (OSError, ValueError, KeyError) as error:
            return f"stream {seed}: {error}"

    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        # After a few streams, the allocator and the runtime have what they keep for good.
        collections.Counter(pool.map(send, range(20_000)))
        before, begin = door.figures(), time.monotonic()
        outcomes = collections.Counter(pool.map(send, range(20_000, 20_000 + STREAMS)))
    seconds = time.monotonic() - begin
    door.expect_unharmed()
    after = door.figures()
    print(f"\n{STREAMS} mutated streams in {seconds:.0f} s: {dict(outcomes)}; {before} -> {after}")
    door.expect_growth_below(8192, before)
    failures = [word for word in outcomes if str(word).startswith("stream")]
    assert failures == []
    assert {200, 400, "closed"} <= set(outcomes)
