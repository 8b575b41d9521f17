"""The tables of Benchmarks/results.md."""

from .contestants import KINDS, label
from .text import number, scene, short

# Title, figure, digits.
_COLUMNS = [
    ("requests/s", "rps", 0),
    ("p50 ms", "p50_ms", 2),
    ("p99 ms", "p99_ms", 2),
    ("CPU s/1,000", "responder_cpu_s_per_1000", 3),
    ("nginx CPU s/1,000", "nginx_cpu_s_per_1000", 3),
    ("idle %", "idle_percent", 0),
    ("peak MB", "responder_peak_mb", 0),
    ("threads", "threads", 0),
    ("connections/1,000", "upstream_connections_per_1000", 2),
]
_OF_THE_RESPONDER = ("responder_cpu_s_per_1000", "responder_peak_mb", "threads")


def document(results, seconds):
    machine = results.machine
    parts = [
        "# Measured by `make bench`",
        f"{machine['cores']} cores ({machine['processor']}, Linux {machine['kernel']}) that also carried the clients "
        "(wrk), nginx and the upstream: read the ratios. "
        f"Rounds: {machine['rounds']}, of {machine['seconds']} s for each line; the contestants took turns within "
        "each. Figures are medians, ratios medians of the rounds' own. CPU is that of the responder's processes, the "
        "peak the sum of theirs; idle is the share of all cores' time that nobody used; connections are those to the "
        "upstream, over HTTPS each with a handshake. Each request had a code of its own. tiniapp-auth-backend had "
        "UPSTREAM_MAX_CONNECTIONS=1536 (1,024 would end at 10,240 requests/s with an upstream of 100 ms, as 1,024 "
        "threads do) and MAX_IN_FLIGHT=8192, but not where its memory was watched; its other settings were the "
        "defaults. Errors: all answers but 200, and all connections that broke. A latency is left out (–) where not "
        "even one answer for each client came in the time. "
        f"The run took {seconds / 60:.0f} minutes.",
        "![requests per second](results.svg)",
    ]
    scenes = {}
    for point, _ in results.rounds:
        scenes.setdefault((point.scheme, point.delay), {}).setdefault(point.clients)
    for (scheme, delay), clients in scenes.items():
        parts.append(f"## {scene(scheme, delay)}")
        parts.append(_table(results, scheme, delay, sorted(clients)))
    parts += ["## Start, memory, size", _rest(results)]
    if results.failures:
        parts += ["## Failures", "\n".join(f"- {failure}" for failure in results.failures)]
    return "\n\n".join(parts) + "\n"


def _table(results, scheme, delay, clients):
    head = ["clients", "", *(title for title, _, _ in _COLUMNS), "errors", "ours is"]
    rows = [f"| {' | '.join(head)} |", "|---:|---|" + "---:|" * (len(head) - 2)]
    for count in clients:
        for point, name in results.rounds:
            if (point.scheme, point.delay, point.clients) == (scheme, delay, count):
                figures = [_cell(results, point, name, figure, digits) for _, figure, digits in _COLUMNS]
                errors = number(results.total(point, name, "errors"))
                ratio = "" if name == "ours" else f"{short(results.ratio(point, 'ours', name))} ×"
                rows.append(f"| {' | '.join([number(count), label(name), *figures, errors, ratio])} |")
    return "\n".join(rows)


def _cell(results, point, name, figure, digits):
    kind = KINDS[name][0]
    if figure in _OF_THE_RESPONDER and not kind.has_responder:
        return ""
    if figure == "nginx_cpu_s_per_1000" and not kind.has_nginx:
        return ""
    # Those are wrk's own connections.
    if figure == "upstream_connections_per_1000" and name == "upstream":
        return ""
    # A client that waits until the end has no latency, so the figure would be too good.
    if figure in ("p50_ms", "p99_ms") and (results.median(point, name, "requests") or 0) < point.clients:
        return "–"
    return number(results.median(point, name, figure), digits)


def _rest(results):
    def milliseconds(who):
        return f"{number(results.startup_ms(who), 1)} ms"

    rows = [
        "| | |",
        "|---|---|",
        f"| exec to first 200: responder | {milliseconds('responder')} |",
        f"| exec to first 200: C reference | {milliseconds('c')} |",
        f"| exec to first 200: Flask, 1 × 8 | {milliseconds('flask')} |",
        f"| exec to first 200: the container's entrypoint, nginx included | {milliseconds('container')} |",
    ]
    for scheme, profile in results.memory.items():
        name = "HTTPS" if scheme == "https" else "plain HTTP"
        samples = profile["after"]
        shown = [samples[0], samples[min(1, len(samples) - 1)], samples[-1]]
        after = ", ".join(f"{megabytes:.0f} MB after {seconds:.0f} s" for seconds, megabytes in shown)
        errors = number(profile["burst_errors"])
        what = f"responder's memory, {name}: idle; peak with 4,096 clients at once ({errors} errors)"
        rows.append(f"| {what}; then | {profile['idle_mb']:.1f} MB; {profile['peak_mb']:.0f} MB; {after} |")
    rows.append(f"| binary, stripped | {number(results.binary_mb, 1)} MB |")
    rows.append(f"| image, uncompressed (docs/deploy-cloud-run.md) | {number(results.image_mb, 0)} MB |")
    return "\n".join(rows)
