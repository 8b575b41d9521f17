"""Checks Tiki's signatures, with neither the product's code nor the sandbox's."""

import base64
import hashlib
import hmac


def signed_with(arrival, secrets):
    """The secret that a call at the upstream is signed with; None if none of them fits.

    Source: Tiki's page "Calculate signature": HMAC-SHA256, in hexadecimal, of the base64url of TIMESTAMP.KEY.BODY.
    """
    (timestamp,), (key,), (signature,) = (
        arrival.values(f"X-Tiniapp-{name}") for name in ("Timestamp", "Client-Id", "Signature")
    )
    encoded = base64.urlsafe_b64encode(f"{timestamp}.{key}.".encode() + arrival.body).rstrip(b"=")

    def fits(secret):
        return hmac.new(secret.encode(), encoded, hashlib.sha256).hexdigest() == signature

    return next(filter(fits, secrets), None)
