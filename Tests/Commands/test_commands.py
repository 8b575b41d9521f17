"""The executable's commands, as a shell runs them: what they print, and with which code they end."""

import base64
import itertools
import re
import signal
import socket
import subprocess
import time

import pytest
from testbed import faults
from testbed.places import PRODUCTS, read
from testbed.ports import free_port
from testbed.processes import ENVIRONMENT, Child
from testbed.servers import CLIENT_KEY, CLIENT_SECRET, CREDENTIALS, Responder, Sandbox, certificate, scratch_folder
from testbed.upstream import Upstream

TIKI = "https://api.tiki.vn/tiniapp-open-api/oauth/auth/token"
GOOD = CREDENTIALS | {"AUTH_ENDPOINT": TIKI}
NOWHERE = "http://127.0.0.1:9/auth/token"


def run(*words, stdin="", environment=CREDENTIALS, **settings):
    """With key and secret, and these settings. Whatever comes of it, the secret is not printed."""
    command = [PRODUCTS / "tiniapp-auth-backend", *words]
    environment = ENVIRONMENT | {"SWIFT_BACKTRACE": "enable=no"} | environment | settings
    ran = subprocess.run(command, input=stdin.encode(), capture_output=True, env=environment, timeout=120, check=False)
    ran.stdout, ran.stderr = ran.stdout.decode(), ran.stderr.decode()
    assert CLIENT_SECRET not in ran.stdout + ran.stderr
    return ran


@pytest.fixture
def folder():
    return scratch_folder()


@pytest.fixture
def sandboxes(folder):
    """Starts sandboxes with options."""
    started = []

    def start(*options):
        started.append(Sandbox(folder, *options))
        return started[-1]

    yield start
    for sandbox in started:
        sandbox.stop()


# --- settings ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["serve", "check"])
def test_bad_settings_are_named_with_their_problems(command):
    ran = run(command, AUTH_ENDPOINT="http://api.tiki.vn/auth/token", MAX_BODY_BYTES="16k", CLIENT_KEY="")
    assert (ran.returncode, ran.stdout) == (78, "")
    first, *problems = ran.stderr.splitlines()
    assert first == "The configuration has 3 problems:"
    expected = (
        "CLIENT_KEY is not set",
        "AUTH_ENDPOINT is plain http to another machine",
        "MAX_BODY_BYTES is not a whole",
    )
    assert all(line.startswith(f"  {start}") for line, start in zip(problems, expected, strict=True))
    assert "16k" not in ran.stderr


def test_an_optional_setting_that_is_empty_counts_as_not_set(folder):
    """As Compose and Cloud Run pass it. ConfigurationTests has every setting; these are read elsewhere."""
    empty = dict.fromkeys("NOTIFY_SOCKET LISTEN_FDS LISTEN_PID WATCHDOG_USEC WATCHDOG_PID LOG_LEVEL".split(), "")
    Responder(folder, TIKI, **empty).stop()


# --- help --------------------------------------------------------------------------------------------------


def test_help_and_version():
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", run("--version").stdout)
    ran = run("--help")
    assert ran.returncode == 0 and len([line for line in ran.stdout.splitlines() if line]) < 40
    assert all(word in ran.stdout for word in ("USAGE", "serve", "sign", "verify", "check", "help settings"))
    for words in (["help", "settings"], ["settings"]):
        ran = run(*words)
        assert ran.returncode == 0 and all(name in ran.stdout for name in (*GOOD, "CLIENT_SECRET_FILE", "LOG_LEVEL"))


@pytest.mark.parametrize(
    ("word", "start"),
    [
        ("chek", "There is no command 'chek'."),
        # It may be a code, and is not shown again.
        ("eyJhbGciOi.S3CR3T-code_of-somebody", "There is no such command."),
    ],
)
def test_a_mistyped_command_lists_the_commands(word, start):
    ran = run(word)
    assert ran.returncode == 64
    assert ran.stderr.startswith(start) and "  check " in ran.stderr
    assert "S3CR3T" not in ran.stdout + ran.stderr


# --- sign and verify: the vectors are from Tiki's page "Calculate signature" -------------------------------

TIMESTAMP = "1620621619569"
BODY = '{"id":123}'
SIGNATURE = "8ebd092b9df2cf90e8ccbcab2ba87ee14f2abb25eb8f18b4d7286d42adcd45c2"
PATH = "/order?location=H%C3%A0%20N%E1%BB%99i&order_id=88062110977884170"
SIGNATURE_IN_2096 = "7d38bfa949729be874e7cfdbffd664deaa5ca42c0a8b34ba0331e4b384694c69"
SIGNATURE_OF_PATH = "e1e0d63f7f8296dd31b2c082e611351a6c41a3bc0309a9299832f70b693722c8"


@pytest.mark.parametrize(
    ("words", "stdin", "signed", "signature"),
    [
        ([BODY], "", BODY, SIGNATURE),
        (["--get", PATH], "", PATH, SIGNATURE_OF_PATH),
        # One newline at the end of standard input is ignored.
        ([], f"{BODY}\n", BODY, SIGNATURE),
    ],
)
def test_sign_prints_the_documented_signatures(words, stdin, signed, signature):
    payload = base64.urlsafe_b64encode(f"{TIMESTAMP}.{CLIENT_KEY}.{signed}".encode()).decode().rstrip("=")
    ran = run("sign", "--timestamp", TIMESTAMP, *words, stdin=stdin)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines() == [
        f"X-Tiniapp-Client-Id: {CLIENT_KEY}",
        f"X-Tiniapp-Timestamp: {TIMESTAMP}",
        f"X-Tiniapp-Signature: {signature}",
        f"Encoded payload: {payload}",
    ]


def test_sign_takes_the_bytes_of_standard_input_as_they_are():
    body = '\ufeff{"a":\r\n "é😀\x7f" }\n \r'
    from_input, from_argument = run("sign", "--timestamp", "1", stdin=body), run("sign", "--timestamp", "1", body)
    assert from_input.returncode == 0 and from_input.stdout == from_argument.stdout


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("https://api.tiki.vn/tiniapp-open-api/order", "begins with one slash"),
        ("//order", "begins with one slash"),
        ("/tiniapp-open-api/order", "leave /tiniapp-open-api out"),
        ("/tiniapp-sandbox-open-api/order", "leave /tiniapp-sandbox-open-api out"),
        ("/order?location=Hà Nội", "percent-encoded"),
        ("/order#1", "without a fragment"),
    ],
)
def test_sign_get_explains_why_a_text_is_no_path(path, problem):
    ran = run("sign", "--get", path)
    assert (ran.returncode, ran.stdout) == (64, "")
    assert problem in ran.stderr


def test_sign_takes_a_path_or_a_body_and_needs_key_and_secret():
    assert run("sign", "--get", "/order", "{}").returncode == 64
    ran = run("sign", "{}", environment={})
    assert ran.returncode == 78
    assert "CLIENT_KEY is not set" in ran.stderr and "CLIENT_SECRET is not set" in ran.stderr
    assert "AUTH_ENDPOINT" not in ran.stderr


def verify(*more, client_id=CLIENT_KEY, timestamp=TIMESTAMP, signature=SIGNATURE, body=BODY, **settings):
    words = ["--client-id", client_id, "--timestamp", timestamp, "--signature", signature, *more]
    return run("verify", *words, stdin=body, **settings)


def test_what_sign_makes_now_is_good_for_verify():
    _, timestamp, signature = re.findall(r"^X-.*: (.*)$", run("sign", BODY).stdout, re.MULTILINE)
    assert abs(int(timestamp) / 1_000 - time.time()) < 60
    ran = verify("--max-age", "86400", timestamp=timestamp, signature=signature)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert re.fullmatch(r"The signature is good, and \d+ s old\.\n", ran.stdout)


@pytest.mark.parametrize(
    ("more", "values", "words"),
    [
        ([], {"client_id": "--max-age"}, "for another app"),
        ([], {"body": f"{BODY}\n"}, "ends with a newline"),
        ([], {"timestamp": "-1"}, "not Unix time"),
        ([], {"timestamp": "4000000000000", "signature": SIGNATURE_IN_2096}, "in the future"),
        ([], {"signature": "-garbage"}, "not 64 hexadecimal digits"),
        (["--max-age", "60"], {}, "more than 60 s"),
    ],
)
def test_verify_explains_a_bad_signature_in_one_sentence(more, values, words):
    ran = verify(*more, **values)
    assert (ran.returncode, ran.stdout) == (1, "")
    (line,) = ran.stderr.splitlines()
    assert line.startswith("verify: ") and words in line


def test_verify_is_used_wrongly():
    assert run("verify").returncode == 64
    for more in (["--max-age", "-1"], ["--max-age=-1"], ["--max-age", "soon"]):
        assert verify(*more).returncode == 64
    assert verify(environment={}).returncode == 78


# --- exchange, refresh, info -------------------------------------------------------------------------------


@pytest.fixture
def recorder():
    """An endpoint that answers everything with an empty object, and keeps what it was sent."""
    with Upstream(answer=faults.answer(200, b"{}")) as upstream:
        yield upstream


def bodies(recorder):
    return [arrival.body.decode() for arrival in recorder.arrivals]


def token(ran, name):
    return re.search(rf'"{name}":"([^"]+)"', ran.stdout)[1]


def test_each_command_sends_one_call_and_prints_the_answer(sandboxes):
    sandbox = sandboxes()
    endpoint = {"AUTH_ENDPOINT": sandbox.auth_endpoint}
    code = sandbox.code()
    exchanged = run("exchange", code, **endpoint)
    assert (exchanged.returncode, exchanged.stderr) == (0, "")
    info = run("info", stdin=token(exchanged, "access_token") + "\n", **endpoint)
    assert info.returncode == 0 and '"customer_id"' in info.stdout
    refreshed = run("refresh", stdin=token(exchanged, "refresh_token"), **endpoint)
    assert refreshed.returncode == 0
    assert token(refreshed, "access_token") != token(exchanged, "access_token")
    assert sandbox.call_count() == 3
    again = run("exchange", code, **endpoint)
    assert again.returncode == 1 and '"reason":"invalid_code"' in again.stdout
    assert "Get another with my.getAuthCode" in again.stderr and code not in again.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["-hD.x"], "-hD.x"),
        (["--upstream"], "--upstream"),
        (["-"], "-"),
        (["--", "-abc"], "-abc"),
        (["--", "abc"], "abc"),
        (["--", "--help"], "--help"),
        (["abc\r"], "abc"),
        (["\ufeff-abc \r\n"], "-abc"),
    ],
)
def test_a_code_may_look_like_an_option_and_loses_white_space_at_its_end(recorder, words, code):
    ran = run("exchange", *words, AUTH_ENDPOINT=recorder.auth_endpoint)
    assert ran.returncode == 0, ran.stderr
    assert bodies(recorder) == [f'{{"code":"{code}"}}']


@pytest.mark.parametrize(("command", "key"), [("refresh", "refresh_token"), ("info", "access_token")])
def test_a_token_loses_only_a_byte_order_mark_and_the_white_space_at_its_end(recorder, command, key):
    tokens = {"a.b": "a.b", "\ufeffa.b\n": "a.b", "a.b \t\r\n\n": "a.b", " a.b": " a.b", "a b\r": "a b"}
    for stdin in tokens:
        assert run(command, stdin=stdin, AUTH_ENDPOINT=recorder.auth_endpoint).returncode == 0
    assert bodies(recorder) == [f'{{"{key}":"{token}"}}' for token in tokens.values()]


def test_exchange_takes_one_code_and_the_others_one_token_from_standard_input():
    for word in ("--help", "-h"):
        ran = run("exchange", word, AUTH_ENDPOINT=NOWHERE)
        assert ran.returncode == 0 and "Exchange an auth code" in ran.stdout
    for words in ([], ["a.b", "c.d"], ["--", "a.b", "c.d"], ["--"]):
        assert run("exchange", *words, AUTH_ENDPOINT=NOWHERE).returncode == 64
    for command, stdin in itertools.product(("refresh", "info"), ("", "\n", " \r\n", "\ufeff\r\n")):
        assert run(command, stdin=stdin, AUTH_ENDPOINT=NOWHERE).returncode == 64
        assert run(command, "CANARY", AUTH_ENDPOINT=NOWHERE).returncode == 64
    ran = run("exchange", "CANARY", AUTH_ENDPOINT="nonsense")
    assert ran.returncode == 78 and "AUTH_ENDPOINT is not an http or https URL" in ran.stderr


def test_a_refusal_comes_with_a_hint(sandboxes):
    endpoint = {"AUTH_ENDPOINT": sandboxes().auth_endpoint}
    unknown = run("info", stdin="CANARY", **endpoint)
    assert unknown.returncode == 1 and "log in again" in unknown.stderr
    unsigned = run("refresh", stdin="CANARY", **endpoint, CLIENT_SECRET="another")
    assert unsigned.returncode == 1
    # The sandbox has the paths of Tiki's production system.
    for hint in (
        "do CLIENT_KEY and CLIENT_SECRET belong together",
        "“Thông tin tích hợp Production”",
        "The pair for Sandbox works only with https://api.tiki.vn/tiniapp-sandbox-",
    ):
        assert hint in unsigned.stderr
    assert "CANARY" not in unknown.stderr + unsigned.stderr


def test_an_unreachable_tiki_gives_the_reason():
    ran = run("exchange", "CANARY", AUTH_ENDPOINT=f"http://127.0.0.1:{free_port()}/auth/token")
    assert (ran.returncode, ran.stdout) == (1, "")
    for words in ("connection refused", "exchange: upstream_unreachable: ", "Nothing was sent"):
        assert words in ran.stderr
    assert "CANARY" not in ran.stderr


# --- check -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "app"), [("tiniapp-open-api", "Production"), ("tiniapp-sandbox-open-api", "Sandbox"), ("else", None)]
)
def test_check_says_which_apps_pair_it_must_be(base, app):
    ran = run("check", AUTH_ENDPOINT=f"https://api.tiki.vn/{base}/oauth/auth/token")
    assert (ran.returncode, ran.stderr) == (0, "")
    first, *notes, last = ran.stdout.splitlines()
    assert first == f"configuration: ok, client key {CLIENT_KEY}"
    assert last.startswith("verdict: good. ")
    assert len(notes) == (1 if app else 0) and all(f"“Thông tin tích hợp {app}”" in note for note in notes)


@pytest.mark.parametrize(("timeout", "is_warned"), [("14.9", False), ("15", True)])
def test_what_is_allowed_and_probably_not_meant_gets_a_warning(timeout, is_warned):
    typos = {"CLIENT_SECRT": "CLIENT_SECRET", "REQUEST_TIMOUT": "REQUEST_TIMEOUT", "verify_window": "VERIFY_WINDOW"}
    ran = run("check", **GOOD | typos, LOG_FILE_NAME="x", REQUEST_TIMEOUT=timeout)
    assert ran.returncode == 0
    warnings = {line for line in ran.stdout.splitlines() if line.startswith("warning: ")}
    expected = {f"warning: {wrong} is not a setting; is {right} meant?" for wrong, right in typos.items()}
    of_nginx = {line for line in warnings if "nginx waits 15 s" in line}
    assert (warnings - of_nginx, len(of_nginx)) == (expected, is_warned)
    assert "fastcgi_read_timeout    15s;" in read("nginx/routes.conf")


def test_check_connects_to_each_endpoint_and_makes_no_call(sandboxes):
    sandbox = sandboxes()
    ran = run("check", "--upstream", AUTH_ENDPOINT=sandbox.auth_endpoint)
    assert ran.returncode == 0
    _, _, *lines, last = ran.stdout.splitlines()
    assert last == "verdict: good. The settings are complete, and Tiki can be reached."
    assert [line.split(":")[0] for line in lines] == ["exchange", "refresh", "info"]
    for line in lines:
        assert all(part in line for part in ("127.0.0.1 port", "connected in", "no TLS", "clock skew "))
    assert sandbox.call_count() == 0


def test_check_verifies_the_certificate(sandboxes, folder):
    pem, key = certificate(folder, "DNS:localhost,IP:127.0.0.1")
    sandbox = sandboxes("--certificate", pem, "--private-key", key)
    for host in ("127.0.0.1", "localhost"):
        endpoint = sandbox.auth_endpoint.replace("127.0.0.1", host)
        ran = run("check", "--upstream", AUTH_ENDPOINT=endpoint, UPSTREAM_CA_FILE=str(pem))
        assert ran.returncode == 0, ran.stdout
        assert f"{host} port" in ran.stdout and "certificate verified, valid until 20" in ran.stdout
    ran = run("check", "--upstream", AUTH_ENDPOINT=sandbox.auth_endpoint)
    assert ran.returncode == 1
    assert "not reachable" in ran.stdout and "\nverdict: bad. Tiki cannot be reached" in ran.stdout


@pytest.mark.parametrize(
    ("offset", "code", "words"),
    [("-90", 1, "ahead of Tiki's: expect Tiki to refuse every call"), ("20", 0, "behind Tiki's: from 60 s on")],
)
def test_check_reports_a_clock_that_is_off(sandboxes, offset, code, words):
    ran = run("check", "--upstream", AUTH_ENDPOINT=sandboxes("--clock-offset", offset).auth_endpoint)
    assert ran.returncode == code
    assert words in ran.stdout and "clock skew " in ran.stdout
    assert ("verdict: good. This machine's clock is " in ran.stdout) == (code == 0)


def test_check_fails_if_nobody_is_there_or_nobody_speaks_tls_and_passes_a_server_that_does_not_answer_head(sandboxes):
    ran = run("check", "--upstream", AUTH_ENDPOINT=f"http://127.0.0.1:{free_port()}/auth/token")
    assert (ran.returncode, ran.stdout.count("not reachable")) == (1, 3)
    ran = run("check", "--upstream", AUTH_ENDPOINT=sandboxes().auth_endpoint.replace("http:", "https:"))
    assert ran.returncode == 1 and "not reachable: this port does not speak TLS\n" in ran.stdout
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}/auth/token"
        ran = run("check", "--upstream", AUTH_ENDPOINT=endpoint, CONNECT_TIMEOUT="0.3")
    assert ran.returncode == 0 and "verdict: good" in ran.stdout
    assert ran.stdout.count("connected, but no answer to HEAD, no TLS, clock skew unknown\n") == 3


def test_check_uses_the_shared_store(sandboxes, folder):
    endpoint, port = {"AUTH_ENDPOINT": sandboxes().auth_endpoint}, free_port()
    pem, key = certificate(folder, "DNS:localhost")
    (folder / "password").write_text("s3cret\n")
    command = f"redis-server --port 0 --tls-port {port} --bind 127.0.0.1 --tls-auth-clients no --requirepass s3cret"
    command = [*command.split(), "--tls-cert-file", pem, "--tls-key-file", key, "--save", "", "--dir", folder]
    redis = Child("redis", command, folder / "redis.log", ENVIRONMENT, signal.SIGKILL)
    redis.wait_until_ready(lambda: "eady to accept connections" in redis.text())
    store = {
        "SHARED_STORE": f"rediss://localhost:{port}/3",
        "SHARED_STORE_CA_FILE": str(pem),
        "SHARED_STORE_PASSWORD_FILE": f"{folder}/password",
    }
    ran = run("check", "--upstream", **endpoint, **store)
    redis.stop()
    assert ran.returncode == 0, ran.stdout
    (line,) = [line for line in ran.stdout.splitlines() if line.startswith("store: ")]
    assert all(part in line for part in (f"localhost port {port}, ", "certificate verified, ", " ms, claims work"))
    assert ran.stdout.endswith("\nverdict: good. The settings are complete, and Tiki can be reached.\n")
    assert "s3cret" not in ran.stdout + ran.stderr

    ran = run("check", "--upstream", **endpoint, SHARED_STORE=f"redis://127.0.0.1:{port}")
    assert ran.returncode == 0
    assert f"store: 127.0.0.1 port {port}, not usable: connection refused\n" in ran.stdout
    assert "verdict: good. Tiki can be reached, but not the shared store" in ran.stdout
    ran = run("check", "--upstream", **endpoint, SHARED_STORE=f"redis://127.0.0.1:{port}", SHARED_STORE_REQUIRED="1")
    assert ran.returncode == 1 and "verdict: bad. The shared store cannot be used" in ran.stdout
