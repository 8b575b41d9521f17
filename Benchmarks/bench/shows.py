"""The promises that the figures are measured by, one line each with PASS or MISS."""

from .matrix import Point
from .text import short

PLAIN, TLS = Point("http", 0, 64), Point("https", 0, 64)
MANY, MOST = Point("http", 100, 1024), Point("http", 100, 4096)
ONE = Point("http", 0, 1)
CROWDS = [Point("http", 0, clients) for clients in (256, 1024)]
_CPU = "responder_cpu_s_per_1000"


def rows(results):
    """Number, text, value (None if not measured), "at least" or "at most", bound, unit."""

    def ours(point, other, figure="rps"):
        return results.ratio(point, "ours", other, figure)

    def worst(figure):
        values = [figure(profile) for profile in results.memory.values()]
        return None if not values or None in values else max(values)

    def after_5_s(profile):
        return next((megabytes for seconds, megabytes in profile["after"] if seconds >= 5), None)

    handshakes = results.median(TLS, "ours", "upstream_connections_per_1000")
    yield 1, "requests/s over the tutorial's as shipped", ours(PLAIN, "flask"), "at least", 8, " ×"
    yield 1, "requests/s over its tuned form", ours(PLAIN, "flask-tuned"), "at least", 4, " ×"
    for point, where in ((PLAIN, "plain"), (TLS, "HTTPS")):
        yield 1, f"requests/s over nginx with Lua, {where}", ours(point, "lua"), "at least", 0.35, " ×"
        yield 1, f"requests/s over Go, {where}", ours(point, "go"), "at least", 1.35, " ×"
        yield 1, f"CPU per request over Go's, {where}", ours(point, "go", _CPU), "at most", 0.6, " ×"
    yield 2, "requests/s over the C reference", ours(PLAIN, "c-64"), "at least", 1.5, " ×"
    yield 2, "CPU per request over the C reference's", ours(PLAIN, "c-64", _CPU), "at most", 0.65, " ×"
    yield 2, "requests/s over C that answers a constant", ours(PLAIN, "c-constant"), "at least", 0.6, " ×"
    yield 2, "requests/s over the tutorial's as deployed", ours(TLS, "flask"), "at least", 150, " ×"
    yield 2, "requests/s over the C reference, HTTPS", ours(TLS, "c-64"), "at least", 1.4, " ×"
    yield 2, "handshakes per 1,000 requests", handshakes, "at most", 1, ""
    for point in CROWDS:
        text = f"requests/s over the C reference, {point.clients:,} clients"
        yield 3, text, ours(point, "c-64"), "at least", 1.2, " ×"
    yield 3, "requests/s over nginx proxy_pass, 100 ms, 1,024 clients", ours(MANY, "proxy"), "at least", 0.95, " ×"
    yield 3, "requests/s over C with 1,024 threads, 4,096 clients", ours(MOST, "c-1024"), "at least", 1.3, " ×"
    yield 3, "p99 with 1,024 clients", results.median(MANY, "ours", "p99_ms"), "at most", 400, " ms"
    yield 3, "errors with 1,024 clients", results.total(MANY, "ours", "errors"), "at most", 0, ""
    yield 3, "errors with 4,096 clients", results.total(MOST, "ours", "errors"), "at most", 0, ""
    slower = results.ratio_of_points("ours", MOST, MANY)
    yield 3, "requests/s with 4,096 clients over those with 1,024", slower, "at least", 1, " ×"
    yield 4, "resident when idle", worst(lambda profile: profile["idle_mb"]), "at most", 17, " MB"
    yield 4, "peak with 4,096 clients at once", worst(lambda profile: profile["peak_mb"]), "at most", 80, " MB"
    yield 4, "resident 5 s after", worst(after_5_s), "at most", 35, " MB"
    added = results.difference(ONE, "ours", "proxy", "p50_ms")
    yield 5, "p50 of one client over nginx proxy_pass's", added, "at most", 0.25, " ms"
    yield 6, "exec to the responder's first 200", results.startup_ms("responder"), "at most", 6.5, " ms"
    yield 6, "the container's, nginx included", results.startup_ms("container"), "at most", 60, " ms"
    yield 7, "binary, stripped", results.binary_mb, "at most", 21, " MB"


def text(results):
    lines = []
    for number, what, value, side, bound, unit in rows(results):
        holds = value is not None and (value >= bound if side == "at least" else value <= bound)
        verdict = "----" if value is None else "PASS" if holds else "MISS"
        measured = short(value) if value is None else f"{short(value)}{unit}"
        lines.append(f"{verdict}  {number}. {what:<56}  {measured:>12}  ({side} {bound:g}{unit})")
    return "\n".join(lines)
