"""A certificate authority for the run, and the upstream's certificate from it."""

import shlex
import subprocess

from .places import WORK

CA = WORK / "tls/ca.pem"
CERTIFICATE = WORK / "tls/upstream.pem"
KEY = WORK / "tls/upstream.key"
_NEW_KEY = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"


def make_certificates():
    folder = CA.parent
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "upstream.ext").write_text(
        "subjectAltName = DNS:localhost, IP:127.0.0.1\nextendedKeyUsage = serverAuth\n"
    )
    for command in (
        f"req -x509 {_NEW_KEY} -keyout ca.key -out {CA.name} -days 30 -subj '/CN=Benchmark CA' "
        "-addext 'keyUsage = critical, keyCertSign'",
        f"req {_NEW_KEY} -keyout {KEY.name} -out upstream.csr -subj /CN=localhost",
        f"x509 -req -in upstream.csr -CA {CA.name} -CAkey ca.key -CAcreateserial -days 30 -extfile upstream.ext "
        f"-out {CERTIFICATE.name}",
    ):
        openssl = ["openssl", *shlex.split(command)]
        result = subprocess.run(openssl, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
        if result.returncode:
            raise RuntimeError(f"openssl {command} has failed: {result.stderr}")
