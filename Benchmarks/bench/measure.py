"""One measurement: a contestant, a number of clients, some seconds."""

from . import load, usage

# All contestants but Flask finish the last clients' requests within a second.
_QUIET_SECONDS = 4


def measure(contestant, upstream, point, plan):
    """Warms up, then returns the figures of the measured seconds, and whether it is ready for more clients."""
    responder = contestant.responder.pids() if contestant.responder else []
    nginx = contestant.nginx.pids() if contestant.nginx else []
    # Thousands of clients take a second to connect.
    warm_up = plan.warm_up * (2 if point.clients > 1024 else 1)
    load.run(contestant.url, min(point.clients, contestant.warm_up_clients), warm_up)
    usage.is_quiet_within(_QUIET_SECONDS, responder + nginx)
    usage.reset_peak(responder + nginx)
    calls = upstream.counts()
    cores = usage.Cores()
    cpu = usage.cpu_seconds(responder), usage.cpu_seconds(nginx)
    result = load.run(contestant.url, point.clients, plan.seconds)
    thousands = max(result["requests"], 1) / 1000
    result["idle_percent"] = cores.idle_percent()
    # They stay for a while when the clients have gone.
    result["threads"] = usage.threads(responder)
    result["responder_cpu_s_per_1000"] = (usage.cpu_seconds(responder) - cpu[0]) / thousands
    result["nginx_cpu_s_per_1000"] = (usage.cpu_seconds(nginx) - cpu[1]) / thousands
    calls_after = upstream.counts()
    result["upstream_connections_per_1000"] = (calls_after["connections"] - calls["connections"]) / thousands
    # At least 1, or calls were shared or made up. Over 1 by those that wrk did not wait for.
    result["upstream_requests_per_request"] = (calls_after["requests"] - calls["requests"]) / thousands / 1000
    result["responder_peak_mb"] = usage.peak_mb(responder)
    result["nginx_peak_mb"] = usage.peak_mb(nginx)
    for service in contestant.services():
        service.check()
    is_quiet = usage.is_quiet_within(_QUIET_SECONDS, responder + nginx)
    result["responder_after_mb"] = usage.resident_mb(responder)
    return result, is_quiet
