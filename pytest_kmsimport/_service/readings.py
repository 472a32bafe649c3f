"""Every way in which a text can be read as bytes, so that a secret in it is found however it was written down.

A text is read as it stands and with the escapes of Python, JSON and C undone, and each time as characters, as hex, as
base64 at every place in a group of four, and as a list of numbers.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode, urlsafe_b64encode
from binascii import a2b_base64
from collections.abc import Iterator

#: Secrets that are shorter are found anywhere by chance.
SHORTEST = 8  # bytes
_MOST_ESCAPED = 3  # the repr of the repr of a repr

_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|([0-7]{3})|(.))", re.DOTALL)
_ESCAPED = {"0": "\0", "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_PIECES = re.compile(r"['\"]\s*\n\s*b?['\"]")  # where pprint breaks a long text
_HEX = b"0123456789abcdefABCDEF"
_NOT_HEX = bytes(set(range(256)) - set(_HEX))
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_FROM_URLS = bytes.maketrans(b"-_", b"+/")
_NOT_BASE64 = bytes(set(range(256)) - {*_BASE64, *b"-_"})
_NUMBERS = re.compile(rf"-?\d{{1,3}}(?:[\s,;]+-?\d{{1,3}}){{{SHORTEST - 1},}}")
_NUMBER = re.compile(r"-?\d+")


def readings(text: str) -> Iterator[tuple[str, bytes]]:
    """What a text can be read as, and the name of the form that it is then in."""
    plains = list(dict.fromkeys((text, *_unescaped(text))))
    for plain in plains:
        yield "raw bytes", _as_characters(plain)
        if not plain.isascii():
            yield "raw bytes", _in_utf8(plain)
    for plain in plains:
        yield from (("hex", reading) for reading in _as_hex(_as_characters(plain)))
        yield from (("base64", reading) for reading in _as_base64(_as_characters(plain)))
        yield from (("a list of numbers", reading) for reading in _as_numbers(plain))


def _unescaped(text: str) -> Iterator[str]:
    for _ in range(_MOST_ESCAPED):
        plain = _ESCAPE.sub(_unescape, _PIECES.sub("", text))
        if plain == text:
            return
        text = plain
        yield text


def _unescape(escape: re.Match[str]) -> str:
    in_hex, in_unicode, octal, character = escape.groups()
    if character is not None:
        return _ESCAPED.get(character, character)
    return chr(int(octal, 8) % 256 if octal else int(in_hex or in_unicode, 16))


def _as_characters(text: str) -> bytes:
    return text.encode("latin-1", "replace")


def _in_utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


# What does not belong to hex or base64 is left out, so that these are found over the ends of lines. What then stands
# before a secret moves it, by so many digits or characters: each of these readings has it in its place.


def _as_hex(characters: bytes) -> Iterator[bytes]:
    digits = characters.replace(b"0x", b"").translate(None, _NOT_HEX).decode()
    for start in range(2):
        rest = digits[start:]
        yield bytes.fromhex(rest[: len(rest) // 2 * 2])


def _as_base64(characters: bytes) -> Iterator[bytes]:
    text = characters.translate(_FROM_URLS, _NOT_BASE64)
    for start in range(4):
        rest = text[start:]
        yield a2b_base64(rest + b"A" * (-len(rest) % 4))


def _as_numbers(text: str) -> Iterator[bytes]:
    for numbers in _NUMBERS.findall(text):
        yield bytes(int(number) % 256 for number in _NUMBER.findall(numbers))


# The other way round, for what is to be taken out of a text

_SOME_BASE64 = "[A-Za-z0-9+/_-]"
_BREAK = r"(?:\s|\\+[nrt])*"
_COMMON_ESCAPES = {ord(character): escape for escape, character in _ESCAPED.items() if escape != "0"}


def usual_forms(secret: bytes) -> set[str]:
    """What most programs write for a secret; each is one that ``written_forms`` finds as well."""
    characters = secret.decode("latin-1")
    by_repr, by_json = repr(secret)[2:-1], json.dumps(characters)[1:-1]
    in_hex = (secret.hex(), secret.hex(":"), secret.hex(" "))
    in_base64 = (b64encode(secret).decode(), urlsafe_b64encode(secret).decode())
    numbers = str(list(secret))[1:-1]
    return {characters, by_repr, by_json, *in_hex, *map(str.upper, in_hex), *in_base64, numbers}


def written_forms(secret: bytes) -> re.Pattern[str]:
    """What finds a secret in a text, in the forms in which it can be read there."""
    forms = [
        "".join(map(_character, secret)),
        r"(?:[\s:,-]|0x|\\+[nrt])*".join(f"{byte:02x}"[half] for byte in secret for half in range(2)),
        re.escape(secret.decode("utf-8", "surrogateescape")),
        *_in_base64(secret),
        r"[\s,;]+".join(rf"(?:{byte}|{byte - 256})" for byte in secret).join((r"(?<!\d)", r"(?!\d)")),
    ]
    forms[1] = f"(?i:{forms[1]})"
    return re.compile("|".join(forms), re.DOTALL)


def _character(byte: int) -> str:
    """One character of raw bytes, as it is or as it is escaped."""
    ways = [rf"\\*{re.escape(chr(byte))}", rf"\\+x{byte:02x}", rf"\\+u00{byte:02x}", rf"\\+{byte:03o}"]
    if byte in _COMMON_ESCAPES:
        ways.append(rf"\\+{_COMMON_ESCAPES[byte]}")
    return f"(?:{'|'.join(ways)})"


def _in_base64(secret: bytes) -> Iterator[str]:
    """For each place in a group of three bytes, the characters that the secret alone decides or has a part in."""
    for before in range(3):
        encoded = b64encode(bytes(before) + secret).decode()
        first = -(-before * 4 // 3)  # characters that the bytes before have a part in
        last = (before + len(secret)) * 8 // 6
        kept = _BREAK.join(map(_of_base64, encoded[first:last]))
        shared_first = rf"(?:{_SOME_BASE64}{_BREAK})?" if before else ""
        shared_last = rf"(?:{_BREAK}{_SOME_BASE64})?=*" if (before + len(secret)) % 3 else ""
        yield f"{shared_first}{kept}{shared_last}"


def _of_base64(character: str) -> str:
    return {"+": "[+-]", "/": r"\\?[/_]"}.get(character, character)
