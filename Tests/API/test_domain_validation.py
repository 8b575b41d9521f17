"""/tiki-validation-code/ID/auth.txt: what Tini Console looks for is there, and nothing else is below that path."""

import os
import shutil

import pytest
from testbed import http_client
from testbed.processes import wait_until
from testbed.servers import scratch_folder
from testbed.stack import Stack

ID = "J9jcjJnnkji7AoVK"
TEXT = "tiki-validation-code=J9jcjJnnkji7AoVK"
FOLDER = "/tiki-validation-code"
# Sent as they are.
BELOW = f"""
    / /{ID} /{ID}/ /{ID}/auth.txt/ /{ID}/auth.txt.bak /{ID}/other.txt /{ID}/.auth.txt /{ID}/AUTH.TXT
    /{ID.lower()}/auth.txt /{ID[:-1]}/auth.txt /auth.txt //auth.txt /./auth.txt /../auth.txt /%2e%2e/auth.txt
    /..%2fsecret/auth.txt /..%2fetc%2fpasswd /{ID}%2f..%2f..%2fauth.txt /{ID}/auth.txt%2f /{ID}/auth.txt%0a
    /{ID}%5c..%5cauth.txt /%c3%a4/auth.txt /{"a" * 129}/auth.txt
"""
# What is in the folder, and must not be given out.
TRAPS = "link linked-file large pipe folder closed hidden.d".split()
HOSTILE = [FOLDER, f"/TIKI-VALIDATION-CODE/{ID}/auth.txt", f"/x{FOLDER}/{ID}/auth.txt", f"{FOLDER}x/{ID}/auth.txt"]
HOSTILE += [FOLDER + path for path in BELOW.split()] + [f"{FOLDER}/{name}/auth.txt" for name in TRAPS]


@pytest.fixture(scope="module")
def files():
    """A folder as on a VM, with traps in it."""
    root = scratch_folder()
    root.chmod(0o755)
    folder = root / "tiki-validation-code"
    for name in (ID, "second_ID-2", "linked-file", "large", "pipe", "folder", "closed", "hidden.d", "largest"):
        (folder / name).mkdir(parents=True)
    (folder / ID / "auth.txt").write_text(TEXT + "\n")
    (folder / ID / "other.txt").write_text("S3CR3T")
    (folder / "second_ID-2" / "auth.txt").write_bytes("mã\r\n".encode())
    (folder / "largest" / "auth.txt").write_bytes(b"a" * 4096)
    (folder / "large" / "auth.txt").write_bytes(b"S3CR3T" + b"a" * 4091)
    (folder / "hidden.d" / "auth.txt").write_text("S3CR3T")
    (root / "secret").mkdir()
    for place in (root / "secret", root, folder):
        (place / "auth.txt").write_text("S3CR3T")
    (folder / "link").symlink_to(root / "secret")
    (folder / "linked-file" / "auth.txt").symlink_to(root / "secret" / "auth.txt")
    os.mkfifo(folder / "pipe" / "auth.txt")
    (folder / "folder" / "auth.txt").mkdir()
    (folder / "closed" / "auth.txt").symlink_to("/dev/zero")
    yield folder
    shutil.rmtree(root)


@pytest.fixture(scope="module")
def stack(world, files):
    with Stack(sandbox=world.usual.sandbox, TIKI_VALIDATION_FOLDER=str(files)) as stack:
        yield stack


@pytest.fixture(scope="module")
def given(world):
    settings = {"TIKI_VALIDATION_CODE": ID, "TIKI_VALIDATION_TEXT": f"{TEXT}\n"}
    with Stack(sandbox=world.usual.sandbox, **settings) as stack:
        yield stack


def assert_is(answer, content):
    assert (answer.status, answer.body) == (200, content)
    assert answer.all("Content-Type") == ["text/plain; charset=utf-8"]
    assert answer.all("Content-Length") == [str(len(content))]
    assert answer.all("Cache-Control") == ["no-store"]


def test_the_file_of_the_settings_is_there_byte_for_byte(given):
    assert_is(http_client.request(given.port, "GET", f"{FOLDER}/{ID}/auth.txt"), f"{TEXT}\n".encode())
    assert_is(http_client.request(given.port, "GET", f"{FOLDER}/{ID}/auth.txt?query"), f"{TEXT}\n".encode())
    head = http_client.request(given.port, "HEAD", f"{FOLDER}/{ID}/auth.txt")
    assert (head.status, head.body, head.all("Content-Length")) == (200, b"", [str(len(TEXT) + 1)])


def test_several_files_of_the_folder_are_there(stack):
    assert_is(http_client.request(stack.port, "GET", f"{FOLDER}/{ID}/auth.txt"), f"{TEXT}\n".encode())
    assert_is(http_client.request(stack.port, "GET", f"{FOLDER}/second_ID-2/auth.txt"), "mã\r\n".encode())
    assert_is(http_client.request(stack.port, "GET", f"{FOLDER}/largest/auth.txt"), b"a" * 4096)


def test_a_new_file_is_there_without_a_restart(stack, files):
    path = f"{FOLDER}/new/auth.txt"
    assert http_client.request(stack.port, "GET", path).status == 404
    (files / "new").mkdir()
    (files / "new" / "auth.txt").write_text("new")
    assert_is(http_client.request(stack.port, "GET", path), b"new")


@pytest.mark.parametrize("path", HOSTILE)
def test_nothing_else_is_there(stack, given, path):
    for port in (stack.port, given.port):
        answer = http_client.request(port, "GET", path, timeout=30)
        assert answer.status == 404
        assert answer.json["error"]["reason"] == "not_found"
        assert "S3CR3T" not in answer.text


@pytest.mark.parametrize(
    "path", ["../../etc/passwd", "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/a", f"{ID}/auth.txt%00"]
)
def test_a_path_above_the_root_or_with_a_null_byte_is_none(stack, path):
    answer = http_client.request(stack.port, "GET", f"{FOLDER}/{path}")
    assert (answer.status, answer.json["error"]["reason"]) == (400, "bad_request")


def test_other_methods_are_refused(stack):
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        answer = http_client.request(stack.port, method, f"{FOLDER}/{ID}/auth.txt")
        assert (answer.status, answer.all("Allow")) == (405, ["GET, HEAD"])
    # nginx's own.
    assert http_client.request(stack.port, "TRACE", f"{FOLDER}/{ID}/auth.txt").all("Allow") == ["GET, HEAD"]


def test_without_a_setting_there_is_no_file(world):
    assert http_client.request(world.small.port, "GET", f"{FOLDER}/{ID}/auth.txt").status == 404


def test_the_logs_do_not_repeat_the_path(stack):
    http_client.request(stack.port, "GET", f"{FOLDER}/C4NARY/auth.txt")
    http_client.request(stack.port, "GET", f"{FOLDER}/C4NARY/elsewhere")
    access_log = stack.nginx.child.log.parent / "access.log"
    wait_until(lambda: access_log.read_text().count('"path":"/tiki-validation-code"') >= 2, "both are logged")
    assert "C4NARY" not in stack.responder.log('"route":"validation"') + access_log.read_text()
