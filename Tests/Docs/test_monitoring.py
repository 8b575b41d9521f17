"""The alerts fire when they should, and alerts and dashboard ask for metrics and labels that exist."""

import itertools
import json
import re
import subprocess

import pytest
import yaml
from testbed import http_client
from testbed.markdown import Page
from testbed.places import ROOT, read
from testbed.stack import Stack

RULES = [rule for group in yaml.safe_load(read("monitoring/alerts.yaml"))["groups"] for rule in group["rules"]]
DASHBOARD = json.loads(read("monitoring/dashboard.json"))
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
EXPRESSIONS = [rule["expr"] for rule in RULES] + QUERIES
# What the page says to replace.
RUNBOOKS = re.search(r"sed -i 's\|([^|]*)\|", read("docs/log-and-metrics.md"))[1]
# From the blackbox exporter.
FOREIGN = {"probe_ssl_earliest_cert_expiry", "probe_success"}
# What the routes of a login answer.
STATUSES = {"5..": ["500", "502", "503", "504"]}


@pytest.fixture(scope="module")
def pages():
    """The metrics of a new server, and of the same when it has seen each kind of request."""
    with Stack(SHARED_STORE="redis+unix:///nonexistent/redis.sock") as stack:
        new = http_client.request(stack.port, "GET", "/metrics").text
        for path in ("/auth_exchange", "/auth_refresh", "/auth_info"):
            http_client.request(stack.port, "POST", path, body=b"{}")
        return new, http_client.request(stack.port, "GET", "/metrics").text


def test_alerts_fire_when_they_should_and_only_then():
    command = ["promtool", "test", "rules", ROOT / "Tests/Docs/alerts_test.yaml"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_jobs_are_good_and_have_the_name_that_alerts_ask_for():
    command = ["promtool", "check", "config", ROOT / "monitoring/prometheus.yaml"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    jobs = {job["job_name"] for job in yaml.safe_load(read("monitoring/prometheus.yaml"))["scrape_configs"]}
    asked = set(re.findall(r'job="([^"]*)"', " ".join(EXPRESSIONS)))
    assert asked and asked <= jobs


def test_each_alert_has_a_test_in_which_it_fires_and_one_in_which_it_does_not():
    tests = yaml.safe_load(read("Tests/Docs/alerts_test.yaml"))["tests"]
    cases = [case for test in tests for case in test["alert_rule_test"]]
    assert {rule["alert"] for rule in RULES} == {case["alertname"] for case in cases if case["exp_alerts"]}
    quiet = {case["alertname"] for case in cases if not case["exp_alerts"]}
    # In one test it fires for one instance and not for the others.
    assert {rule["alert"] for rule in RULES} - quiet == {"TiniAppClockSkew"}


def test_the_page_has_each_alert_with_its_severity():
    rows = re.findall(r"^\| `(TiniApp\w+)` \| (page|warning) \|", read("docs/log-and-metrics.md"), re.MULTILINE)
    assert rows == [(rule["alert"], rule["labels"]["severity"]) for rule in RULES]


def test_the_clock_warns_as_the_log_does_and_pages_before_signatures_are_refused():
    source = read("Sources/TiniAppAuth/Tiki/ClockSkew.swift")
    tolerated, refused = (int(re.search(rf"let {name}: Int64 = (\d+)", source)[1]) for name in ("tolerated", "refused"))
    expressions = {rule["alert"]: rule["expr"] for rule in RULES}
    warns, pages = (int(expressions[f"TiniAppClockSkew{name}"].split(" > ")[1]) for name in ("", "NearLimit"))
    assert warns == tolerated < pages < refused


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_each_alert_says_where_to_read_on(rule):
    """Below a base that the operator sets, by one command of the page."""
    path, _, anchor = rule["annotations"]["runbook_url"].removeprefix(f"{RUNBOOKS}/").partition("#")
    page = Page(f"docs/{path}")
    assert not anchor or anchor in page.anchors


def names(expression):
    return set(re.findall(r"\b(?:tiniapp_auth|probe)_\w+", expression)) - FOREIGN


def test_counters_that_alerts_read_begin_with_0(pages):
    """One that is not there before its first event gives no increase then."""
    zeros = {
        (name, frozenset(re.findall(r'(\w+)="([^"]*)"', labels)))
        for name, labels in re.findall(r"^(\w+)(?:{(.*)})? 0$", pages[0], re.MULTILINE)
    }
    wanted = set()
    for rule in RULES:
        for name, labels in re.findall(r"increase\((\w+)(?:{(.*?)})?\[", rule["expr"]):
            # Each value that a pattern is for.
            values = [
                [(label, value) for part in pattern.split("|") for value in STATUSES.get(part, [part])]
                for label, pattern in re.findall(r'(\w+)=~?"([^"]*)"', labels)
            ]
            wanted |= {(name, frozenset(one)) for one in itertools.product(*values)}
    assert len(wanted) > 10
    assert not sorted((name, *sorted(labels)) for name, labels in wanted - zeros)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_metrics_and_labels_exist(pages, expression):
    _, page = pages
    assert names(expression) or FOREIGN & set(re.findall(r"\w+", expression))
    for name in names(expression):
        assert re.search(rf"^{name}[ {{]", page, re.MULTILINE), f"there is no metric {name}"
    for name, labels in re.findall(r"(tiniapp_auth_\w+)\{([^}]*)\}", expression):
        for label, operator, value in re.findall(r'(\w+)(=~|=)"([^"]*)"', labels):
            # Prometheus adds the instance; and statuses come as they are answered.
            if label in ("instance", "status"):
                continue
            values = set(re.findall(rf'^{name}{{[^}}]*{label}="([^"]*)"', page, re.MULTILINE))
            wanted = value.split("|") if operator == "=~" else [value]
            assert set(wanted) <= values, f"{name} has no {label} {wanted}, only {sorted(values)}"


def test_dashboard_asks_for_every_metric_of_the_table():
    table = read("docs/log-and-metrics.md").split("## Metrics\n")[1].split("\n## ")[0]
    metrics = set(re.findall(r"^\| `(tiniapp_auth_\w+)", table, re.MULTILINE))
    asked = {re.sub(r"_bucket$", "", name) for query in QUERIES for name in names(query)}
    assert len(metrics) > 10
    assert metrics == asked
