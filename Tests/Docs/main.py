"""All checks of the pages, in the order in which they get more expensive. See run.sh."""

import signal
import sys

import errors
import links
import observability
import settings
import twins
from blocks import run_blocks
from checks import Checks
from markdown import Page

READMES = ["README.md", "README.vi.md"]


def main():
    checks = Checks()
    pages = [Page(path) for path in READMES]
    links.check(checks)
    twins.check(checks, *pages)
    settings.check(checks, pages)
    errors.check(checks, pages)
    observability.check(checks, Page("docs/operations.md"))
    for page in pages:
        run_blocks(checks, page)
    # By now there is a build.
    settings.check_example_is_read(checks)
    return checks.summary()


# Ends like an error, so that whatever was started is stopped.
for number in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda number, _: sys.exit(128 + number))
sys.exit(main())
