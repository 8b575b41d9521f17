"""A certificate authority of the run's own, and the upstream's certificate by it."""

import subprocess

from .places import WORK

CA = WORK / "tls/ca.pem"
CERTIFICATE = WORK / "tls/upstream.pem"
KEY = WORK / "tls/upstream.key"


def make_certificates():
    folder = CA.parent
    folder.mkdir(parents=True, exist_ok=True)
    ca_key, request, extensions = folder / "ca.key", folder / "upstream.csr", folder / "upstream.ext"
    extensions.write_text("subjectAltName = DNS:localhost, IP:127.0.0.1\nextendedKeyUsage = serverAuth\n")
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    _openssl("req", "-x509", *new_key, "-keyout", ca_key, "-out", CA, "-days", "30", "-subj", "/CN=Benchmark CA",
             "-addext", "keyUsage = critical, keyCertSign")
    _openssl("req", *new_key, "-keyout", KEY, "-out", request, "-subj", "/CN=localhost")
    _openssl("x509", "-req", "-in", request, "-CA", CA, "-CAkey", ca_key, "-CAcreateserial", "-days", "30",
             "-extfile", extensions, "-out", CERTIFICATE)


def _openssl(*arguments):
    result = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)
    if result.returncode:
        raise RuntimeError(f"openssl {arguments[0]} has failed: {result.stderr}")
