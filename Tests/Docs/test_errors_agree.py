"""The errors page, openapi.yaml and the example app do the same about each error."""

import re

import pytest
from testbed.places import read


def words(text):
    return set(re.findall(r"[`']([a-z_]+)[`']", text))


def on_the_page(heading):
    """The reasons below that heading of docs/errors.md."""
    section = read("docs/errors.md").split(f"## {heading}\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\| \d{3} \| `([a-z_]+)` \|", section, re.MULTILINE))


def in_the_document(action):
    """The reasons for which openapi.yaml's table says that."""
    rows = re.findall(r"^ +\| (`.+) \| (.+) \|$", read("openapi.yaml"), re.MULTILINE)
    return set().union(*(words(reasons) for reasons, what in rows if re.search(action, what)))


def in_the_app(*names):
    """The reasons in those lists of auth.js, and what is pushed into them."""
    source = read("examples/tini-app/src/auth/auth.js")
    lists = [re.findall(rf"(?:const {name} = \[|{name}\.push\()(.+)[\])];", source) for name in names]
    return words(" ".join(sum(lists, [])))


@pytest.mark.parametrize(
    ("heading", "action", "lists"),
    [
        ("Send the same request again", "nothing has been sent", ["TOO_BUSY", "NOT_SPENT"]),
        ("Send the same request again, then get a new code", "then get a new code", ["LOST"]),
        ("Get a new code", ": get a new code", ["SPENT"]),
        ("A mistake in the server", "mistake in the server", ["NOT_SPENT"]),
    ],
)
def test_each_error_is_answered_alike(heading, action, lists):
    page = on_the_page(heading) - {"forbidden"}
    assert page
    assert in_the_document(action) == page
    # The app needs no word for a request over plain HTTP: my.request makes none.
    assert page - {"https_required"} <= in_the_app(*lists), "the example app does something else"


def test_the_app_repeats_only_what_the_page_says():
    """`network` is the app's own: no answer at all."""
    assert in_the_app("LOST") == on_the_page("Send the same request again, then get a new code") | {"network"}
    assert in_the_app("TOO_BUSY") == on_the_page("Send the same request again") - {"upstream_unreachable"}


def test_the_apps_types_have_every_reason():
    """In the page's order, below its headings."""
    text = read("examples/tini-app/src/auth/auth.d.ts")
    server, app = (
        re.search(rf"export type {name} =(.*?);", text, re.DOTALL)[1] for name in ("ServerReason", "AppReason")
    )
    lists = {}
    for line in server.strip().splitlines():
        if heading := re.match(r" *// (.+)\.$", line):
            reasons = lists.setdefault(heading[1], set())
        else:
            reasons |= words(line)
    assert len(lists) == 6
    for heading, reasons in lists.items():
        assert reasons == on_the_page(heading.replace("/auth_verify", "`/auth_verify`")), heading
    # What auth.js and my.js say themselves.
    code = "".join(read(f"examples/tini-app/src/auth/{name}.js") for name in ("auth", "my")).replace(
        "includes('app')", ""
    )
    said = re.findall(r"failure\((.+)[,)]|call\('\w+', ('\w+')|reason = ('\w+')|(\|\| 'unknown')", code)
    assert words(app) == words(" ".join(sum(said, ())))


@pytest.mark.parametrize(
    ("list_name", "done"),
    [
        ("TOO_BUSY", "waited and sent the same again"),
        ("LOST", "sent the same again after 1 and 3 s"),
        ("NOT_SPENT", "kept the refresh token"),
        ("SPENT", "got a new code, once"),
    ],
)
def test_the_apps_page_says_what_the_app_does(list_name, done):
    rows = re.findall(r"^\| (`[^|]+) \| ([^|]+) \|", read("examples/tini-app/README.md"), re.MULTILINE)
    page = set().union(*(words(reasons) for reasons, what in rows if done in what))
    # NOT_SPENT has those of TOO_BUSY by their name.
    also = in_the_app("TOO_BUSY") if list_name == "NOT_SPENT" else set()
    assert page == in_the_app(list_name) | also
