"""The errors in the READMEs are those of the program and of nginx, with their statuses."""

import glob
import re

from markdown import read


def of_the_program():
    text = read("Sources/TiniAppAuth/AuthError.swift")
    reasons = dict(re.findall(r'case \.(\w+): "([a-z_]+)"', text))
    statuses = re.search(r"package var status: Int \{(.*?)\n    \}", text, re.DOTALL)[1]
    return {
        (int(status), reasons[case])
        for cases, status in re.findall(r"case ([^:]+):\s*(\d{3})", statuses)
        for case in re.findall(r"\.(\w+)", cases)
    }


def of_nginx():
    mapped = re.search(r"map \$status \$error_reason \{(.*?)\}", read("nginx/http.conf"), re.DOTALL)[1]
    found = {
        (500 if status == "default" else int(status), reason)
        for status, reason in re.findall(r"(\d{3}|default)\s+([a-z_]+);", mapped)
    }
    for path in glob.glob("nginx/*"):
        written = re.findall(r'"code":(\d{3}),"reason":"([a-z_]+)"', read(path))
        found |= {(int(status), reason) for status, reason in written}
    return found


def of_the_page(page):
    """A row has a status and a reason, or as many of the one as of the other."""
    found = []
    for row in page.rows:
        if len(row) == 3 and re.fullmatch(r"\d{3}(, \d{3})*", row[0]):
            statuses = [int(status) for status in row[0].split(", ")]
            found += zip(statuses, re.findall(r"`([a-z_]+)`", row[1]), strict=True)
    return found


def check(checks, pages):
    expected = of_the_program() | of_nginx()
    for page in pages:
        found = of_the_page(page)
        checks.none(f"{page.path}: no error is missing", sorted(expected - set(found)))
        checks.none(f"{page.path}: no error is made up", sorted(set(found) - expected))
        checks.equal(f"{page.path}: no error stands there twice", len(set(found)), len(found))
