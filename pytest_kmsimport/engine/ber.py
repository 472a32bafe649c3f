"""ASN.1 in its basic and distinguished encoding (ITU-T X.690), as far as private keys and ciphertexts need it.

AWS takes private keys in BER; ``cryptography`` reads DER alone.
"""

from __future__ import annotations

INTEGER, OCTET_STRING, SEQUENCE = 0x02, 0x04, 0x30
CONSTRUCTED = 0x20

_LONG, _LONG_TAG = 0x80, 0x1F
_INDEFINITE = 0x80
_END_OF_CONTENTS = b"\0\0"
_DEEPEST = 16  # a PKCS#8 private key has four levels


def encode(tag: int, *contents: bytes) -> bytes:
    """An element in DER: its tag, the shortest length, its contents."""
    content = b"".join(contents)
    length = len(content)
    if length < _LONG:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, _LONG | len(octets)]) + octets + content


def encode_with_end(tag: int, *contents: bytes) -> bytes:
    """A constructed element in BER: its tag, no length, its contents, and a mark where they end."""
    return bytes([tag, _INDEFINITE]) + b"".join(contents) + _END_OF_CONTENTS


def content_of(element: bytes) -> bytes:
    """What a whole element in DER holds."""
    start, length = _length(element, 1)
    return element[start:] if length is None else element[start : start + length]


def elements_of(element: bytes) -> list[bytes]:
    """The elements that a whole constructed element in DER consists of; raises ValueError where it is none."""
    if not element or not element[0] & CONSTRUCTED:
        raise ValueError("not a constructed element")
    content, elements, position = content_of(element), [], 0
    while position < len(content):
        encoded, position = _element(content, position, 0)
        elements.append(encoded)
    return elements


def to_der(encoded: bytes) -> bytes:
    """One element in BER as DER: with definite and shortest lengths, and octet strings in one piece.

    Raises ValueError for what is not one whole element.
    """
    element, end = _element(encoded, 0, 0)
    if end != len(encoded):
        raise ValueError("there is more than one element")
    return element


def _element(data: bytes, position: int, depth: int) -> tuple[bytes, int]:
    """The element at a position, in DER, and where the next one begins."""
    if position >= len(data) or depth > _DEEPEST or data[position] & _LONG_TAG == _LONG_TAG:
        raise ValueError("an element is missing, or of a form that nothing here has")
    tag = data[position]
    start, length = _length(data, position + 1)
    if tag & CONSTRUCTED:
        return _constructed(data, tag, start, length, depth)
    if length is None or start + length > len(data):
        raise ValueError("an element is cut off")
    return encode(tag, data[start : start + length]), start + length


def _constructed(data: bytes, tag: int, start: int, length: int | None, depth: int) -> tuple[bytes, int]:
    parts, position = [], start
    end = len(data) if length is None else start + length
    while position < end and (length is not None or data[position : position + 2] != _END_OF_CONTENTS):
        part, position = _element(data, position, depth + 1)
        parts.append(part)
    if length is None:
        if data[position : position + 2] != _END_OF_CONTENTS:
            raise ValueError("an element has no end")
        end = position + 2
    elif position != end:
        raise ValueError("an element is longer than what it is in")
    if tag == OCTET_STRING | CONSTRUCTED:
        return encode(OCTET_STRING, *map(content_of, parts)), end
    return encode(tag, *parts), end


def _length(data: bytes, position: int) -> tuple[int, int | None]:
    """Where an element's contents begin, and how long they are: None where their end is marked instead."""
    if position >= len(data):
        raise ValueError("an element is cut off")
    first = data[position]
    if first == _INDEFINITE:
        return position + 1, None
    if first < _LONG:
        return position + 1, first
    start = position + 1 + (first & ~_LONG)
    if start > len(data):
        raise ValueError("an element is cut off")
    return start, int.from_bytes(data[position + 1 : start], "big")
