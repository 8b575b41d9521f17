"""Two instances on one machine, behind one nginx: the upstream block that docs/scaling.md shows."""

import re

from testbed import http_client
from testbed.places import ROOT
from testbed.processes import wait_until
from testbed.servers import Nginx


def test_a_token_goes_to_the_same_instance_again(world):
    world.upstream()
    instances = [world.responder(name) for name in ("one", "two")]
    page = (ROOT / "docs/scaling.md").read_text(encoding="utf-8")
    block = re.search(r"^upstream tiniapp_auth_production \{\n.*?^\}$", page, re.MULTILINE | re.DOTALL).group()
    block = block.replace("tiniapp_auth_production", "tiniapp_auth")
    block = block.replace("/usr/local/share/tiniapp-auth-backend", str(ROOT))
    for name, instance in zip(("production", "production-2"), instances, strict=True):
        block = block.replace(f"/run/tiniapp-auth-backend/{name}.sock", str(instance.socket))

    def change(site):
        changed = re.sub(r"upstream tiniapp_auth \{.*?\}", block, site, flags=re.DOTALL)
        assert changed != site
        return changed

    nginx = Nginx(world.folder, "/nowhere.sock", change=change)
    try:
        for _ in range(2):
            for number in range(40):
                body = b'{"refresh_token":"t%d"}' % number
                assert http_client.request(nginx.port, "POST", "/auth_refresh", body=body).status == 200
    finally:
        nginx.stop()
    assert set(world.sent().values()) == {1}, "each token reached the upstream once"

    def served():
        return [instance.child.text().count('"route":"refresh"') for instance in instances]

    # The line comes some moments after the answer.
    wait_until(lambda: sum(served()) == 80, "every request is logged")
    assert min(served()) > 10, "both instances serve"
