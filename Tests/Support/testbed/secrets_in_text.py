"""Hides codes and tokens in what the tests print, although they are only the sandbox's."""

import re

# Two parts in URL-safe base64 with a dot between them; 43 characters hold 256 bits.
_CREDENTIAL = re.compile(r"[A-Za-z0-9_-]{43}\.[A-Za-z0-9_-]{43}")


def hidden(text):
    return _CREDENTIAL.sub("(hidden)", text)
