"""`check --public`: what Tini Console will say of a server, seen from outside. The names are in its hosts file."""

import shutil
import subprocess

import pytest
from testbed.places import PRODUCTS
from testbed.processes import ENVIRONMENT
from testbed.servers import Nginx, scratch_folder

HOST = "auth.example.vn"
FILE = {"TIKI_VALIDATION_CODE": "J9jcjJnnkji7AoVK", "TIKI_VALIDATION_TEXT": "a line of text"}


def openssl(*arguments, **more):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=30, **more)


@pytest.fixture(scope="module")
def certificates():
    """A root, an issuer below it, and a server's certificate by that issuer."""
    folder = scratch_folder()
    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl(
        "req", "-x509", *new, "-days", 2, "-subj", "/CN=Root", "-keyout", folder / "root.key", "-out", folder / "root"
    )
    for name, issuer, extension in (
        ("issuer", "root", "basicConstraints=critical,CA:TRUE"),
        ("leaf", "issuer", f"subjectAltName=DNS:{HOST}"),
    ):
        request = folder / f"{name}.csr"
        subject = ("-subj", f"/CN={name}", "-addext", extension)
        openssl("req", *new, *subject, "-keyout", folder / f"{name}.key", "-out", request)
        signing = ("-CA", folder / issuer, "-CAkey", folder / f"{issuer}.key", "-CAcreateserial", "-days", 2)
        openssl("x509", "-req", "-in", request, *signing, "-copy_extensions", "copy", "-out", folder / name)
    (folder / "fullchain").write_text((folder / "leaf").read_text() + (folder / "issuer").read_text())
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def serve(outside, certificates):
    """Starts the backend behind nginx with TLS, on port 443."""

    def start(chain="fullchain", change=lambda site: site, **settings):
        outside.hosts("127.0.0.1 localhost", f"127.0.0.1 {HOST} other.example.vn")
        outside.upstream()
        responder = outside.responder(**settings)
        files = f"ssl_certificate {certificates}/{chain}; ssl_certificate_key {certificates}/leaf.key;"
        tls = f"listen 127.0.0.1:443 ssl; {files}"

        def with_tls(site):
            begin, end = site.index("        listen 127.0.0.1:"), site.index("        set $tiniapp_auth")
            return change(f"{site[:begin]}        {tls}\n{site[end:]}")

        folder = scratch_folder()
        outside._started.callback(shutil.rmtree, folder, ignore_errors=True)
        nginx = Nginx(folder, responder.socket, with_tls)
        outside._started.callback(nginx.stop)

    return start


def check(certificates, *arguments, **environment):
    """Exit code, lines and verdict."""
    trust = ["--public-ca-file", certificates / "root"] if certificates else []
    command = [PRODUCTS / "tiniapp-auth-backend", "check", "--public", *arguments, *trust]
    done = subprocess.run(
        command, env=ENVIRONMENT | environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == ""
    *lines, verdict = done.stdout.splitlines()
    return done.returncode, lines, verdict.removeprefix("verdict: ")


def test_a_server_that_tini_console_will_accept(serve, certificates):
    serve(**FILE)
    code, lines, verdict = check(certificates, f"https://{HOST}", **FILE)
    assert (code, verdict) == (0, "good. Apps can connect, and Tini Console will find its file.")
    assert (
        lines[0].startswith(f"server: {HOST} port 443, connected in ")
        and "certificate verified, valid until" in lines[0]
    )
    assert lines[1] == "/health/ready: answered 200, 18 bytes"
    assert lines[2] == "/tiki-validation-code/J9jcjJnnkji7AoVK/auth.txt: answered 200, 14 bytes"
    # The text is not known on every machine.
    named = ["--validation-code", FILE["TIKI_VALIDATION_CODE"]]
    assert check(certificates, f"https://{HOST}/", *named)[::2] == (code, verdict)


def test_without_a_name_the_file_is_not_looked_for(serve, certificates):
    serve()
    code, lines, verdict = check(certificates, f"https://{HOST}")
    assert (code, len(lines)) == (0, 2)
    assert verdict.startswith("good. Apps can connect. --validation-code NAME looks for Tini Console's file, too.")


@pytest.mark.parametrize(
    ("settings", "known", "problem"),
    [
        ({}, {}, "its file is not there. Is the name right, and the file in place?"),
        (FILE | {"TIKI_VALIDATION_TEXT": "another"}, {}, None),
        (FILE, FILE | {"TIKI_VALIDATION_TEXT": "another"}, "another text than TIKI_VALIDATION_TEXT."),
    ],
)
def test_a_file_that_is_wrong_or_missing(serve, certificates, settings, known, problem):
    serve(**settings)
    named = [] if known else ["--validation-code", FILE["TIKI_VALIDATION_CODE"]]
    code, _, verdict = check(certificates, f"https://{HOST}", *named, **known)
    if problem is None:
        assert code == 0
    else:
        assert code == 1 and verdict.startswith("bad. Tini Console will not accept the domain: ")
        assert verdict.endswith(problem)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("default_type text/plain; return 200 '';", "its file is empty."),
        ("default_type text/html; return 200 a;", "its file is not answered as text."),
        ("return 302 /elsewhere;", "the server redirects its file; Tiki does not say that it follows."),
        ("return 444;", "its file could not be fetched."),
        ("return 403;", "its file is answered with 403."),
    ],
)
def test_a_file_that_something_else_answers(serve, certificates, answer, problem):
    place = f"location = /tiki-validation-code/a/auth.txt {{ {answer} }}\n"
    serve(change=lambda site: site.replace("        set $tiniapp_auth", f"        {place}        set $tiniapp_auth"))
    code, _, verdict = check(certificates, f"https://{HOST}", "--validation-code", "a")
    assert (code, verdict) == (1, f"bad. Tini Console will not accept the domain: {problem}")


def test_something_else_than_this_backend(serve, certificates):
    serve(
        change=lambda site: site.replace("        set $tiniapp_auth", "        return 204;\n        set $tiniapp_auth")
    )
    code, lines, verdict = check(certificates, f"https://{HOST}")
    assert (code, verdict) == (1, "bad. Something answers there, but not this backend, or it is not ready.")
    assert lines[1].startswith("/health/ready: answered 204, ")


def test_a_chain_without_the_issuer_is_said_to_be_cut(serve, certificates):
    serve(chain="leaf")
    code, lines, verdict = check(certificates, f"https://{HOST}")
    assert code == 1 and "its issuer is not trusted" in lines[0]
    assert verdict.endswith(
        "Does the server send the issuer's certificate with its own, as certbot's fullchain.pem has it?"
    )


def test_a_certificate_of_another_name_or_of_nobody(serve, certificates):
    serve()
    code, lines, verdict = check(certificates, "https://other.example.vn")
    assert code == 1 and "the certificate is for another name" in lines[0]
    assert verdict == "bad. Neither Tini Console nor an app can connect: the reason is above."
    # By the system's certificates.
    code, lines, _ = check(None, f"https://{HOST}")
    assert code == 1 and "not trusted" in lines[0]


def test_a_server_that_is_not_there(outside, certificates):
    code, lines, _ = check(certificates, "https://nowhere.example.vn")
    assert (code, lines) == (
        1,
        ["server: nowhere.example.vn port 443, not reachable: name not found: nowhere.example.vn"],
    )


@pytest.mark.parametrize(
    ("address", "why"),
    [
        (f"http://{HOST}", "it must begin with https://"),
        (HOST, "it must begin with https://"),
        (f"HTTPS://{HOST}", "it must begin with https://"),
        ("https://", "it is not an address"),
        (f"https://{HOST}/auth_exchange", f"enter the server alone, https://{HOST}, without a path"),
        (f"https://{HOST}?a", f"enter the server alone, https://{HOST}, without a path"),
        ("https://localhost", "localhost is this machine itself, and no other can reach it by that name"),
        ("https://127.0.0.1:8080", "127.0.0.1 is this machine itself, and no other can reach it by that name"),
    ],
)
def test_an_address_that_tini_console_does_not_take(certificates, address, why):
    assert check(certificates, address) == (1, [], f"bad. Tini Console does not take this address: {why}")
