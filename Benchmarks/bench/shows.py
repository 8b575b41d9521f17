"""The promises that the figures are measured by, one line each with PASS or MISS."""

from .matrix import Point
from .text import short

PLAIN, TLS = Point("http", 0, 64), Point("https", 0, 64)
MANY, MOST = Point("http", 100, 1024), Point("http", 100, 4096)
ONE = Point("http", 0, 1)
CROWDS = [Point("http", 0, clients) for clients in (256, 1024)]


def lines(results):
    """[(number, text, measured, bound as text, whether it holds; None if not measured)]"""
    rows = []

    def row(number, text, value, at_least=None, at_most=None, unit=""):
        if at_least is None:
            holds, bound = value is not None and value <= at_most, f"at most {at_most:g}{unit}"
        else:
            holds, bound = value is not None and value >= at_least, f"at least {at_least:g}{unit}"
        measured = "not measured" if value is None else f"{short(value)}{unit}"
        rows.append((number, text, measured, bound, None if value is None else holds))

    def requests(number, point, other, text, at_least):
        row(number, f"requests/s over {text}", results.ratio(point, "ours", other), at_least=at_least, unit=" ×")

    requests(1, PLAIN, "flask", "the tutorial's as shipped", 8)
    requests(1, PLAIN, "flask-tuned", "its tuned form", 4)
    for point, where in ((PLAIN, "plain"), (TLS, "HTTPS")):
        requests(1, point, "lua", f"nginx with Lua, {where}", 1)
        requests(1, point, "go", f"Go, {where}", 2.4)
        cpu = results.ratio(point, "ours", "go", "responder_cpu_s_per_1000")
        row(1, f"CPU per request over Go's, {where}", cpu, at_most=0.33, unit=" ×")

    requests(2, PLAIN, "c-64", "the C reference", 1.5)
    cpu = results.ratio(PLAIN, "ours", "c-64", "responder_cpu_s_per_1000")
    row(2, "CPU per request over the C reference's", cpu, at_most=0.5, unit=" ×")
    requests(2, PLAIN, "c-constant", "C that answers a constant", 0.6)
    requests(2, TLS, "flask", "the tutorial's as deployed", 150)
    requests(2, TLS, "c-64", "the C reference, HTTPS", 1.4)
    row(2, "handshakes per 1,000 requests", results.median(TLS, "ours", "upstream_connections_per_1000"), at_most=1)

    for point in CROWDS:
        requests(3, point, "c-64", f"the C reference, {point.clients:,} clients", 1.2)
    requests(3, MANY, "proxy", "nginx proxy_pass, 100 ms, 1,024 clients", 0.95)
    requests(3, MOST, "c-1024", "C with 1,024 threads, 100 ms, 4,096 clients", 1.3)
    row(3, "p99 with 1,024 clients", results.median(MANY, "ours", "p99_ms"), at_most=400, unit=" ms")
    row(3, "errors with 1,024 clients", results.total(MANY, "ours", "errors"), at_most=0)
    row(3, "errors with 4,096 clients", results.total(MOST, "ours", "errors"), at_most=0)
    slower = results.ratio_of_points("ours", MOST, MANY)
    row(3, "requests/s with 4,096 clients over those with 1,024", slower, at_least=1, unit=" ×")

    def worst(figure):
        values = [figure(profile) for profile in results.memory.values()]
        return None if not values or None in values else max(values)

    row(4, "resident when idle", worst(lambda profile: profile["idle_mb"]), at_most=18, unit=" MB")
    row(4, "peak with 4,096 clients at once", worst(lambda profile: profile["peak_mb"]), at_most=100, unit=" MB")

    def after_5_s(profile):
        return next((megabytes for seconds, megabytes in profile["after"] if seconds >= 5), None)

    row(4, "resident 5 s after", worst(after_5_s), at_most=40, unit=" MB")

    added = results.difference(ONE, "ours", "proxy", "p50_ms")
    row(5, "p50 of one client over nginx proxy_pass's", added, at_most=0.25, unit=" ms")
    row(6, "exec to the responder's first 200", results.startup_ms("responder"), at_most=7, unit=" ms")
    row(6, "the container's, nginx included", results.startup_ms("container"), at_most=60, unit=" ms")
    row(7, "binary, stripped", results.binary_mb, at_most=25, unit=" MB")
    return rows


def text(results):
    verdicts = {True: "PASS", False: "MISS", None: "----"}
    rows = lines(results)
    width = max(len(row[1]) for row in rows)
    return "\n".join(
        f"{verdicts[holds]}  {number}. {what:<{width}}  {measured:>12}  ({bound})"
        for number, what, measured, bound, holds in rows
    )
