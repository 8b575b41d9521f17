"""nginx's configuration and the files of the deployments agree with the pages on settings, errors and log fields."""

import re
import subprocess

import pytest
from testbed import facts
from testbed.places import PRODUCTS, ROOT, read
from testbed.servers import CREDENTIALS

# In each of these files, whatever the pattern finds must be a setting.
DEPLOYMENT = {
    "systemd/instance.env": r"^#?([A-Z_]+)=",
    "systemd/tiniapp-auth-backend@.service": r"^Environment=([A-Z_]+)=",
    "cloudbuild.yaml": r"\|@([A-Z_]+)@\|",
    "scripts/container-entrypoint.sh": r"(?:\s|\$\{?)([A-Z]+(?:_[A-Z]+)+)\b",
}
# What else they name: placeholders of the deployment, and switches of Swift's runtime and of the loader.
OTHERS = {"PROJECT", "IMAGE", "SWIFT_BACKTRACE", "LD_PRELOAD", "K_SERVICE", "TRUSTED_PROXIES", "METRICS_ALLOW"}


@pytest.mark.parametrize(("path", "pattern"), DEPLOYMENT.items(), ids=DEPLOYMENT)
def test_deployment_names_only_settings_that_exist(path, pattern):
    found = set(re.findall(pattern, read(path), re.MULTILINE))
    settings = set(facts.settings())
    assert found & settings
    assert not found - settings - OTHERS


def test_values_in_env_example_are_good():
    """Read as `make run` would read them."""
    values = "\n".join(line[1:] for line in read("env.example").splitlines() if re.match(r"#[A-Z_]+=.", line))
    command = 'source scripts/dotenv.sh; load_dotenv <(printf "%s\\n" "$1"); exec "$2" check'
    check = ["bash", "-euo", "pipefail", "-c", command, "bash", values, PRODUCTS / "tiniapp-auth-backend"]
    result = subprocess.run(check, cwd=ROOT, env=CREDENTIALS, capture_output=True, text=True, timeout=300, check=False)
    assert (result.returncode, result.stderr) == (0, "")


def nginx_errors():
    """From the map in http.conf, and from the answers that are written out."""
    mapped = re.search(r"map \$status \$error_reason \{(.*?)\}", read("nginx/http.conf"), re.DOTALL)[1]
    found = re.findall(r"(\d{3}|default)\s+([a-z_]+);", mapped)
    for path in (ROOT / "nginx").iterdir():
        found += re.findall(r'"code":(\d{3}),"reason":"([a-z_]+)"', path.read_text(encoding="utf-8"))
    return {(500 if status == "default" else int(status), reason) for status, reason in found}


def test_errors_page_has_each_error_of_nginx():
    assert not nginx_errors() - facts.errors()


def test_log_page_has_each_field_and_line():
    request_log = read("Sources/TiniAppAuthBackend/Logging/RequestLog.swift").split("func addTrace")[1]
    fields = set(re.findall(r'"([a-z_]+(?:[./A-Za-z_]+)?)"(?:,| :|\))', request_log))
    assert {"replayed", "in_doubt", "upstream_ms"} < fields
    log_format = re.search(r"log_format json .*?;", read("nginx/http.conf"), re.DOTALL)[0]
    nginx_fields = set(re.findall(r'"([A-Za-z_./]+)":', log_format))
    assert len(nginx_fields) > 5
    calls = [
        r'(?:logger|log)\.(?:notice|warning|error|critical)\(\s*"([^"\\]+)',
        r'\.log\(\s*(?:self\.)?logger,\s*\.\w+,\s*"([^"\\]+)',
        r'log\(\s*\.\w+,\s*"([^"\\]+)',
    ]
    folders = [folder for folder in (ROOT / "Sources").iterdir() if folder.name != "TikiSandbox"]
    source = "".join(path.read_text(encoding="utf-8") for folder in folders for path in folder.rglob("*.swift"))
    # Up to the first thing that is filled in.
    lines = {line for call in calls for line in re.findall(call, source)}
    assert len(lines) > 12
    page = read("docs/log-and-metrics.md")
    assert not [field for field in sorted(fields | nginx_fields) if f"`{field}`" not in page]
    assert not [line for line in sorted(lines) if f"`{line.rstrip()}" not in page]


def test_log_page_has_no_line_that_nobody_writes():
    table = read("docs/log-and-metrics.md").split("### Everything else")[1].split("\n\nNo core file")[0]
    cells = re.findall(r"^\| [A-Z, ]+ \| ([^|]+) \|", table, re.MULTILINE)
    messages = [message for cell in cells for message in re.findall(r"`([^`]+)`", cell)]
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "Sources").rglob("*.swift"))

    def is_written(message):
        """Up to the first thing that is filled in: a number, a server's name, or what follows a colon."""
        return message in source or re.split(r" N |…|: | Tiki| the shared store", message)[0] in source

    assert len(messages) > 20 and not is_written("cannot watch a connection")
    assert not [message for message in messages if not is_written(message)]


def test_log_page_has_each_code_of_a_failed_call_and_no_other():
    codes = set()
    for path, enum in [
        ("Transport/ConnectFailure.swift", "Reason"),
        ("Upstream/UpstreamFailure.swift", "Code"),
        ("TiniAppAuth/Tiki/TikiAnswer.swift", "Problem"),
    ]:
        cases = re.search(rf"enum {enum}: String.*?\n    }}", read(f"Sources/{path}"), re.DOTALL)[0]
        codes |= {code or name for name, code in re.findall(r'^ +case (\w+)(?: = "(\w+)")?$', cases, re.MULTILINE)}
    table = read("docs/log-and-metrics.md").split("### Why a call failed")[1].split("\n\nAfter")[0]
    cells = re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE)
    assert {code for cell in cells for code in re.findall(r"`(\w+)`", cell)} == codes


def test_pages_say_how_long_a_store_without_memory_stops_logins():
    rows = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| `(\d+)` \|", read("docs/settings.md"), re.MULTILINE))
    claims = read("Sources/TiniAppAuth/Calls/CallClaims.swift")
    spare = int(re.search(r"lateAnswerTimeout \+ replayWindow \+ \.seconds\((\d+)\)", claims)[1])
    seconds = spare + sum(int(rows[name]) for name in ("REQUEST_TIMEOUT", "LATE_ANSWER_TIMEOUT", "REPLAY_WINDOW"))
    assert f"+ {spare} s, {seconds} s by default" in read("docs/scaling.md").replace("\n", " ")
    assert f"503 for {seconds} s" in read("docs/runbook.md")


def test_line_that_scaling_says_to_change_is_there():
    """A second line beside it would end nginx."""
    line = "fastcgi_request_buffering off;"
    assert f"`{line}`" in read("docs/scaling.md") and f"\n{line}\n" in read("nginx/limits.conf")


def test_cloud_run_pages_have_the_containers_bounds():
    """What the script and its nginx wait for at the end, and what they have room for."""
    script = read("scripts/container-entrypoint.sh")
    nginx = re.search(r"worker_shutdown_timeout (\d+)s;", read("nginx/container.conf.template"))[1]
    whole = sum(float(bound) for bound in re.findall(r"^(?:nginx|responder)_bound=([\d.]+)$", script, re.MULTILINE))
    connections = int(re.search(r"^connections=\$\(\((\d+) / workers\)\)$", script, re.MULTILINE)[1])
    pending = re.search(r"\$\{MAX_PENDING_CONNECTIONS:-(\d+)\}", script)[1]
    # Two connections for a request.
    requests = f"{connections // 2:,}"
    english, vietnamese = (" ".join(read(f"docs/deploy-cloud-run{end}").split()) for end in (".md", ".vi.md"))
    assert f"within {whole:.0f} s; requests that take more than another {nginx} s are cut off" in english
    assert f"trong vòng {whole:.0f} giây; request nào cần thêm quá {nginx} giây sẽ bị cắt" in vietnamese
    assert f"128 MB are enough for {requests} requests at a time, {pending} of them with a body" in english
    assert f"128 MB là đủ cho {requests.replace(',', '.')} request cùng lúc, trong đó {pending} request" in vietnamese


ARCHITECTURE, SERVER = "docs/architecture.md", "Sources/FastCGI/FastCGIServer.swift"
POOL, NAMES = "Sources/Upstream/Pool", "Sources/Transport/Names"
# A figure on a page, and where it is decided.
FIGURES = [
    (ARCHITECTURE, r"for a client (\d+) connections", "nginx/limits.conf", r"tiniapp_auth_connections (\d+);"),
    (ARCHITECTURE, r"and (\d+) requests a second", "nginx/limit-zones.conf", r"auth_exchange:10m rate=(\d+)r/s"),
    (ARCHITECTURE, r"(\d+) s for all of a header", "nginx/routes.conf", r"client_header_timeout +(\d+)s;"),
    (ARCHITECTURE, r"nginx's (\d+) s, `fastcgi_read", "nginx/routes.conf", r"fastcgi_read_timeout +(\d+)s;"),
    (ARCHITECTURE, r"9 to (\d+) minutes", f"{POOL}/IdleTime.swift", r"longestLife = TimeAmount.minutes\((\d+)\)"),
    (ARCHITECTURE, r"rest (\d+) ms before", f"{POOL}/ReuseDelay.swift", r"rest = TimeAmount.milliseconds\((\d+)\)"),
    (ARCHITECTURE, r"answer serves for (\d+) s", f"{NAMES}/HostAddresses.swift", r"lifetime = .*\((\d+)\)"),
    (ARCHITECTURE, r"or (\d+) ms if there is", f"{NAMES}/HostAddresses.swift", r"freshAnswerWait = .*\((\d+)\)"),
    (ARCHITECTURE, r"After (\d+) s it waits no", SERVER, r"keptConnectionsGrace = .*\((\d+)\)"),
    ("docs/web-servers.md", r"idle connections within (\d+) s", SERVER, r"keptConnectionsGrace = .*\((\d+)\)"),
    ("docs/at-most-once.md", r"container (\d+) s", "nginx/container.conf.template", r"shutdown_timeout (\d+)s;"),
    ("docs/at-most-once.md", r"then (\d+) s\)", "scripts/container-entrypoint.sh", r"SHUTDOWN_GRACE=(\d+)$"),
    ("docs/at-most-once.md", r"only (\d+) s between two", "nginx/front.conf", r"client_body_timeout +(\d+)s;"),
    ("docs/at-most-once.md", r"after (\d+) s 504", "nginx/front.conf", r"proxy_connect_timeout (\d+)s;"),
    ("docs/verify.md", r"(\d+) a second for each client", "nginx/limit-zones.conf", r"auth_other:10m +rate=(\d+)r/s"),
    ("docs/verify.md", r"and (\d+) at a time", "nginx/limits.conf", r"tiniapp_auth_connections (\d+);"),
    ("docs/web-servers.md", r"\*\*Wait (\d+) s\*\*", "nginx/routes.conf", r"fastcgi_read_timeout +(\d+)s;"),
    ("CONTRIBUTING.md", r"costs (\d+) % more", "Benchmarks/bench/gates.py", r"INSTRUCTIONS_TOLERANCE = (\d+)"),
    ("CONTRIBUTING.md", r"or ([\d.]+) more system calls", "Benchmarks/bench/gates.py", r"CALLS_TOLERANCE = ([\d.]+)"),
]


@pytest.mark.parametrize(
    ("page", "sentence", "source", "decision"), FIGURES, ids=[f"{row[0]} {row[1]}" for row in FIGURES]
)
def test_figure_is_the_one_in_force(page, sentence, source, decision):
    (told,), (decided,) = (
        re.findall(pattern, read(path), re.MULTILINE) for path, pattern in ((page, sentence), (source, decision))
    )
    assert told == decided


def test_the_pages_have_the_benchmarks_requests_a_second():
    rows = re.findall(
        r"^\| (?:requests/s,|the same over HTTPS)[^|]*((?:\| [\d,]+ )+)\|$", read("docs/comparison.md"), re.M
    )
    figures = [figure for row in rows for figure in row.strip("| ").split(" | ")]
    assert len(figures) == 21
    for path in ("README.md", "README.vi.md"):
        # In the paragraph above the picture.
        paragraph = re.search(r"\(docs/comparison\.md\).*?!\[", read(path), re.DOTALL)[0]
        found = [number.replace(".", ",") for number in re.findall(r"\b(?:\d\d[.,])?\d{3}\b(?! ms)", paragraph)]
        assert len(found) == 5
        figures += found
    assert not [figure for figure in figures if f"| {figure} |" not in read("Benchmarks/results.md")]
