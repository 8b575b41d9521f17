"""From a symptom to the section that helps: the table of the runbook has each section, and each error of an outage."""

import re

from testbed.markdown import Page
from testbed.places import read

PAGE = Page("docs/runbook.md")
TABLE = read("docs/runbook.md").split("|---|---|\n")[1].split("\n\n")[0]
# They end by themselves: the same request again is all that is to do.
TRANSIENT = {"request_timeout", "in_progress", "shutting_down", "service_unavailable"}


def test_the_table_has_each_section():
    sections = {heading for level, heading in PAGE.headings if level == 2}
    linked = set(re.findall(r"\]\(#([^)]+)\)", TABLE))
    assert len(sections) == len(linked) > 8
    assert linked <= PAGE.anchors


def test_the_table_has_each_error_that_many_people_get_at_once():
    again = read("docs/errors.md").split("## Send the same request again\n")[1].split("\n## Get a new code")[0]
    reasons = set(re.findall(r"^\| \d{3} \| `([a-z_]+)`", again, re.MULTILINE)) - TRANSIENT
    assert {"upstream_unreachable", "backend_unavailable"} < reasons
    assert not {reason for reason in reasons | {"invalid_signature"} if f"`{reason}`" not in TABLE}
