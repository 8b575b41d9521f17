"""/tiki-validation-code/ID/auth.txt: what Tini Console looks for is there, and nothing else is below that path.

DomainValidationTests has every path that is none.
"""

import os
import shutil

import pytest
from testbed import http_client
from testbed.processes import wait_until
from testbed.servers import scratch_folder
from testbed.stack import Stack

ID = "J9jcjJnnkji7AoVK"
FOLDER = "/tiki-validation-code"
# Sent as they are. The names at the end are in the folder, and must not be given out.
HOSTILE = f"""
    / /{ID} /{ID}/ /{ID}/auth.txt/ /{ID}/other.txt /{ID}/AUTH.TXT /auth.txt //auth.txt /./auth.txt /../auth.txt
    /%2e%2e/auth.txt /..%2fsecret/auth.txt /{ID}%2f..%2f..%2fauth.txt /{ID}/auth.txt%0a /{ID}%5c..%5cauth.txt
    /link/auth.txt /linked-file/auth.txt /large/auth.txt /pipe/auth.txt /folder/auth.txt /hidden.d/auth.txt
"""


@pytest.fixture(scope="module")
def files():
    """A folder as on a VM, with traps in it."""
    root = scratch_folder()
    root.chmod(0o755)
    folder = root / "tiki-validation-code"
    (folder / "folder" / "auth.txt").mkdir(parents=True)
    secret = b"S3CR3T"
    contents = {"second_ID-2": "mã\r\n".encode(), "largest": b"a" * 4096, "large": secret + b"a" * 4091}
    for name, content in (contents | {"hidden.d": secret, ".": secret, "..": secret, "../secret": secret}).items():
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "auth.txt").write_bytes(content)
    (folder / "second_ID-2" / "other.txt").write_bytes(secret)
    (folder / "link").symlink_to(root / "secret")
    for name in ("linked-file", "pipe"):
        (folder / name).mkdir()
    (folder / "linked-file" / "auth.txt").symlink_to(root / "secret" / "auth.txt")
    os.mkfifo(folder / "pipe" / "auth.txt")
    yield folder
    shutil.rmtree(root)


@pytest.fixture(scope="module")
def stack(world, files):
    """With one file of the settings, and those of the folder."""
    given = {"TIKI_VALIDATION_CODE": ID, "TIKI_VALIDATION_TEXT": "a line\n"}
    with Stack(sandbox=world.usual.sandbox, TIKI_VALIDATION_FOLDER=str(files), **given) as stack:
        yield stack


def get(stack, path):
    return http_client.request(stack.port, "GET", f"{FOLDER}{path}")


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (f"/{ID}/auth.txt?query", b"a line\n"),
        ("/second_ID-2/auth.txt", "mã\r\n".encode()),
        ("/largest/auth.txt", b"a" * 4096),
        ("/new/auth.txt", b"new"),
    ],
)
def test_the_files_of_settings_and_folder_are_there_byte_for_byte_new_ones_without_a_restart(
    stack, files, path, content
):
    if path.startswith("/new"):
        assert get(stack, path).status == 404
        (files / "new").mkdir()
        (files / "new" / "auth.txt").write_bytes(content)
    answer = get(stack, path)
    assert (answer.status, answer.body) == (200, content)
    assert answer.all("Content-Type") == ["text/plain; charset=utf-8"]
    assert answer.all("Cache-Control") == ["no-store"]


@pytest.mark.parametrize("path", HOSTILE.split())
def test_nothing_else_is_there(stack, path):
    answer = get(stack, path)
    assert (answer.status, answer.json["error"]["reason"]) == (404, "not_found")
    assert "S3CR3T" not in answer.text


def test_the_logs_do_not_repeat_the_path(stack):
    access_log = stack.nginx.folder / "access.log"
    for name in ("auth.txt", "elsewhere"):
        [request_id] = get(stack, f"/C4NARY/{name}").all("X-Request-Id")
        wait_until(lambda id=request_id: id in access_log.read_text(), "it is logged")
        assert "C4NARY" not in stack.responder.log(request_id) + access_log.read_text()
