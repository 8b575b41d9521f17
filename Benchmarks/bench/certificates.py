"""The upstream's certificate, which is its own authority."""

from testbed.servers import certificate

from .places import WORK

CERTIFICATE = CA = WORK / "tls/tls.pem"
KEY = WORK / "tls/tls.key"


def make_certificates():
    CA.parent.mkdir(parents=True, exist_ok=True)
    certificate(CA.parent, "DNS:localhost,IP:127.0.0.1")
