"""The alarm of docs/log-and-metrics.md on Cloud Run counts each failure once, in lines that are really written."""

import json
import re

import pytest
import yaml
from testbed import http_client
from testbed.places import read
from testbed.ports import free_port
from testbed.processes import wait_until
from testbed.stack import Stack

ALARMS = read("docs/log-and-metrics.md").split("\n### Alarms\n")[1].split("\n## ")[0]
FILTER = re.search(r"^FILTER='([^']*)'$", ALARMS, re.MULTILINE)[1]

# Google's page "LogEntry".
SEVERITIES = ["DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"]
# The filter's words (Google's page "Logging query language") in Python. Each AND and OR there is in parentheses of its
# own, so that it does not matter which of them binds more.
SERVICE = yaml.safe_load(read("cloudrun/service.yaml"))["metadata"]["name"]
WORDS = [
    (rf'^resource\.type="cloud_run_revision" resource\.labels\.service_name="{SERVICE}"\s+', ""),
    (r'log_id\(("[^"]*")\)', r'entry["log_id"] == \1'),
    (r"httpRequest\.status>=(\d+)", r'entry["status"] >= \1'),
    (r"severity>=(\w+)", r'SEVERITIES.index(entry["severity"]) >= SEVERITIES.index("\1")'),
    (r"\b(AND|OR|NOT)\b", lambda word: word[0].lower()),
]


def is_counted(entry):
    """Whether the filter matches it; fails if there is anything in the filter that has no word in Python here."""
    condition = FILTER
    for pattern, python in WORDS:
        condition = re.sub(pattern, python, condition)
    return eval(condition, {"SEVERITIES": SEVERITIES, "entry": entry})


def entry(stream, line):
    """What Cloud Run makes of a line: of a JSON object, `severity` and `httpRequest` become the entry's own fields."""
    fields = json.loads(line) if line.startswith("{") else {}
    return {
        "log_id": f"run.googleapis.com/{stream}",
        "severity": fields.get("severity", "DEFAULT"),
        # A field of LogEntry that is not there has its type's zero.
        "status": fields.get("httpRequest", {}).get("status", 0),
        "line": line,
    }


def written(stack):
    """nginx's log is standard output in the container, the responder's standard error."""
    access_log = stack.responder.socket.with_name("access.log").read_text(encoding="utf-8")
    logs = {"stdout": access_log, "stderr": stack.responder.child.text()}
    # The last line may be in the middle of being written.
    return [entry(stream, line) for stream, log in logs.items() for line in log.split("\n")[:-1]]


def counted(stack, request_id, lines=2):
    """The lines about this request that the alarm counts, once all are there: nginx's and the responder's."""

    def about_it():
        found = [entry for entry in written(stack) if request_id in entry["line"]]
        return len(found) == lines and found

    found = wait_until(about_it, f"{lines} lines about {request_id}")
    return [entry for entry in found if is_counted(entry)]


def ask(stack, body, status, path="/auth_exchange"):
    answer = http_client.request(stack.port, "POST", path, body=json.dumps(body).encode())
    assert answer.status == status, answer.text
    [request_id] = answer.all("X-Request-Id")
    return request_id


def test_what_is_no_failure_is_not_counted():
    with Stack() as stack:
        good = ask(stack, {"code": stack.sandbox.code()}, 200)
        refused = ask(stack, {"code": "no.code"}, 400)
        mistaken = ask(stack, {}, 400)
        unknown = ask(stack, {}, 404, "/nothing")
        assert [counted(stack, one) for one in (good, refused, mistaken)] == [[], [], []]
        assert counted(stack, unknown, lines=1) == []
        assert not [entry["line"] for entry in written(stack) if is_counted(entry)]


def tiki_gone():
    return Stack(upstream=f"http://127.0.0.1:{free_port()}/auth/token")


FAILURES = {
    "Tiki is gone": (tiki_gone, 502, "stdout"),
    # For nginx a client's mistake; only the responder knows better.
    "Tiki refuses our signature": (lambda: Stack(CLIENT_SECRET="another"), 400, "stderr"),
}


@pytest.mark.parametrize(("world", "status", "stream"), FAILURES.values(), ids=FAILURES)
def test_a_failure_is_counted_once(world, status, stream):
    with world() as stack:
        found = counted(stack, ask(stack, {"code": "a.code"}, status))
        assert [entry["log_id"] for entry in found] == [f"run.googleapis.com/{stream}"], found
    # Cloud Run's own line about it.
    line = json.dumps({"severity": "ERROR" if status >= 500 else "WARNING", "httpRequest": {"status": status}})
    assert not is_counted(entry("requests", line))


def test_a_failure_of_nginx_is_counted():
    with Stack() as stack:
        stack.responder.stop()
        assert len(counted(stack, ask(stack, {}, 502), lines=1)) == 1


def test_an_error_without_a_request_is_counted():
    with tiki_gone() as stack:
        log = stack.responder.log("cannot connect to Tiki")
        line = next(line for line in log.splitlines() if "cannot connect to Tiki" in line)
        assert is_counted(entry("stderr", line))


def test_policy_watches_the_metric():
    policy = yaml.safe_load(re.search(r"<<'END'\n(.*?)^END$", ALARMS, re.DOTALL | re.MULTILINE)[1])
    [condition] = policy["conditions"]
    name = re.search(r"^gcloud logging metrics create (\S+) .*\"\$FILTER\"$", ALARMS, re.MULTILINE)[1]
    watched = f'metric.type="logging.googleapis.com/user/{name}" AND resource.type="cloud_run_revision"'
    assert condition["conditionThreshold"]["filter"] == watched
