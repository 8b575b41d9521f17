"""The contents of the generated pages: settings and errors."""

import re

from testbed.places import read


def settings():
    """The names in docs/settings.md."""
    return re.findall(r"^\| `([A-Z]+(?:_[A-Z]+)*)` \|", read("docs/settings.md"), re.MULTILINE)


def errors():
    """Status and reason of each error of our own, or of nginx, in docs/errors.md."""
    rows = re.findall(r"^\| (\d{3}) \| `([a-z_]+)` \| (.+) \|$", read("docs/errors.md"), re.MULTILINE)
    return {(int(status), reason) for status, reason, meaning in rows if "(Tiki)" not in meaning}
