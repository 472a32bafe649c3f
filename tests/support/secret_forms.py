"""Every way in which a secret may be written down, and whether a text has it in one of them.

The judge of the tests about secrets: it is made of Python's own encoders, and knows nothing of the package's search.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode, encodebytes, urlsafe_b64encode

_NEIGHBOURS = ("", "x", "xy")  # what stands before a secret decides how its base64 looks


def _base64(encode):
    """The base64 of a secret alone, and behind one and two other bytes, without the characters that depend on these."""
    texts = [encode(before.encode() + FILLER).decode() for before in _NEIGHBOURS]
    assert len(set(texts)) == len(_NEIGHBOURS)

    def forms(secret):
        return [encode(before.encode() + secret).decode()[2 * len(before) : -4] for before in _NEIGHBOURS]

    return forms


FILLER = bytes(range(200, 232))

#: The name of a form -> the texts that show a secret in it, white space left out.
FORMS = {
    "raw": lambda secret: [secret.decode("latin-1"), secret.decode("utf-8", "replace")],
    "printed": lambda secret: [repr(secret)[2:-1], repr(bytearray(secret))[12:-2]],
    "escaped twice": lambda secret: [repr(repr(secret))[3:-2], json.dumps(secret.decode("latin-1"))[1:-1]],
    "hex": lambda secret: [secret.hex()],
    "HEX": lambda secret: [secret.hex().upper()],
    "hex, spaced": lambda secret: [secret.hex(":"), secret.hex("-")],
    "base64": _base64(b64encode),
    "base64 for URLs": _base64(urlsafe_b64encode),
    "numbers": lambda secret: [",".join(map(str, secret))],
    "PEM": lambda secret: ["".join(encodebytes(secret).decode().split()).rstrip("=")[:-1]],
}


def forms_in(text, *secrets):
    """The names of the forms in which a text shows one of the secrets."""
    squeezed = re.sub(r"\s|\\n", "", text)
    return [
        name
        for name, make in FORMS.items()
        for secret in secrets
        if any(re.sub(r"\s|\\n", "", form) in squeezed for form in make(secret))
    ]
