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


def test_a_certificate_renewed_by_hand_is_served_as_one_that_the_guide_set_up():
    """certbot keeps --deploy-hook as renew_hook."""
    hook = re.search(r"certbot certonly .*--deploy-hook '(.*)'", read("docs/deploy-vm.md"))[1]
    assert f"`renew_hook = {hook}`" in read("docs/runbook.md")


def test_no_step_waits_for_a_line_that_nginx_does_not_write():
    """On a VM a request's errors are in the access log only: nginx's error log would have its query string."""
    levels = re.findall(r"^ +error_log +\S+ (\w+);", read("nginx/vm-site.conf.template"), re.MULTILINE)
    assert levels and set(levels) == {"emerg"}
    assert "error.log" not in read("docs/runbook.md")


def test_more_than_this_in_flight_needs_more_descriptors():
    above = re.search(r"`MAX_IN_FLIGHT`; above ([\d,]+) also `LimitNOFILE`", read("docs/runbook.md"))[1]
    files = int(re.search(r"^LimitNOFILE=(\d+)", read("systemd/tiniapp-auth-backend@.service"), re.MULTILINE)[1])
    # Two for each request, and some that are always open.
    assert files // 2 - 500 < int(above.replace(",", "")) < files // 2
