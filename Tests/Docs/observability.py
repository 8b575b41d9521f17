"""The operations page has every log message, every field of a log line and every metric."""

import glob
import re

from markdown import read

SOURCES = ["FastCGI", "TiniAppAuth", "TiniAppAuthBackend"]


def sources():
    paths = [path for name in SOURCES for path in glob.glob(f"Sources/{name}/**/*.swift", recursive=True)]
    return {path: read(path) for path in sorted(paths)}


def messages(texts):
    """What is logged as a constant text, each up to the first thing that varies."""
    found = set()
    for text in texts.values():
        for call in re.findall(r'\.log\(\s*logger,\s*\.\w+,\s*"([^"]+)"', text):
            found.add(call)
        for call in re.findall(r'ogger\.(?:trace|debug|info|notice|warning|error|critical)\(\s*"([^"]+)"', text):
            found.add(call)
    return {message.split("\\(")[0].strip() for message in found}


def fields(texts):
    """The names of metadata: keys of literals, what is set one by one, and what is appended to `LogFields`."""
    found = {"time", "severity", "message"}
    for text in texts.values():
        if "metadata" in text or "Metadata" in text:
            # The name under which a whole `LogFields` goes is not shown.
            found |= set(re.findall(r'(?<!== )"([a-z][A-Za-z_./]+)": (?!\.stringConvertible\(fields)', text))
            found |= set(re.findall(r'(?:(?:fields|metadata)\[|fields\.append\()"([^"]+)"', text))
    return found


def nginx_fields():
    log_format = re.search(r"log_format json .*?;", read("nginx/http.conf"), re.DOTALL)[0]
    return set(re.findall(r'"([A-Za-z_./]+)":', log_format))


def metrics():
    return dict(re.findall(r'"(tiniapp_auth_\w+)": "([^"]+)"', read("Sources/TiniAppAuthBackend/MetricsHelp.swift")))


def failures():
    """Why a call brought no answer, by the words for log and metrics."""
    folder = "Sources/TiniAppAuth/Upstream"
    words = re.findall(r'case \w+ = "([a-z_]+)"', read(f"{folder}/ConnectFailure.swift"))
    return words + re.findall(r'case \.\w+: "([a-z_]+)"', read(f"{folder}/UpstreamFailure.swift"))


def check(checks, page):
    text = read(page.path)
    texts = sources()

    def names(what, wanted):
        checks.holds(f"there are {what}", len(wanted) > 5, wanted)
        missing = sorted(name for name in wanted if f"`{name}`" not in text)
        checks.none(f"{page.path} has all {len(wanted)} {what}", missing)

    said = messages(texts)
    checks.holds("there are log messages", len(said) > 10, said)
    checks.none(f"{page.path} has all {len(said)} log messages", sorted(m for m in said if f"`{m}" not in text))
    names("fields of the responder's log", fields(texts))
    names("fields of nginx's log", nginx_fields())
    names("words for a failed call", failures())
    rows = {row[0].strip("`").split("{")[0]: row for row in page.rows if row[0].startswith("`tiniapp_auth_")}
    expected = metrics()
    found = sorted((name, row[1]) for name, row in rows.items())
    checks.equal(f"{page.path} has all metrics, with their sentences", sorted(expected.items()), found)
    checks.none(f"{page.path} says what to do when each moves", [name for name, row in rows.items() if not row[2]])
