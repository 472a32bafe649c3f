"""Ed25519ph, the prehashed variant of Ed25519, which ``cryptography`` does not have.

RFC 8032, 5.1: the arithmetic of edwards25519 in extended coordinates, as in the RFC's own reference code. It takes
milliseconds and does not hide its timing, which matters for keys that guard something, and not for a test's.
"""

from __future__ import annotations

from hashlib import sha512

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)
_DOMAIN = b"SigEd25519 no Ed25519 collisions\x01\x00"  # dom2(phflag 1, no context)

#: X, Y, Z, T with x = X/Z, y = Y/Z, x*y = T/Z.
_Point = tuple[int, int, int, int]


def sign(seed: bytes, public_key: bytes, digest: bytes) -> bytes:
    """Sign the SHA-512 digest of a message; ``seed`` and ``public_key`` are raw, 32 bytes each."""
    expanded = sha512(seed).digest()
    scalar = int.from_bytes(expanded[:32], "little") & ((1 << 254) - 8) | (1 << 254)
    nonce = _number(_DOMAIN, expanded[32:], digest)
    commitment = _compress(_multiply(nonce, _BASE))
    answer = (nonce + _number(_DOMAIN, commitment, public_key, digest) * scalar) % _ORDER
    return commitment + answer.to_bytes(32, "little")


def verify(public_key: bytes, signature: bytes, digest: bytes) -> bool:
    """Whether ``signature`` (64 bytes) is that of the message with this SHA-512 digest."""
    key = _decompress(public_key)
    commitment = _decompress(signature[:32])
    answer = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or key is None or commitment is None or answer >= _ORDER:  # noqa: PLR2004  RFC 8032
        return False
    challenge = _number(_DOMAIN, signature[:32], public_key, digest)
    left, right = _multiply(answer, _BASE), _add(commitment, _multiply(challenge, key))
    return _compress(left) == _compress(right)


def _number(*parts: bytes) -> int:
    return int.from_bytes(sha512(b"".join(parts)).digest(), "little") % _ORDER


def _add(p: _Point, q: _Point) -> _Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % _P, (p[1] + p[0]) * (q[1] + q[0]) % _P
    c, d = 2 * p[3] * q[3] * _D % _P, 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _multiply(scalar: int, point: _Point) -> _Point:
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = _add(result, point)
        point = _add(point, point)
        scalar >>= 1
    return result


def _compress(point: _Point) -> bytes:
    inverse = pow(point[2], -1, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _decompress(encoded: bytes) -> _Point | None:
    number = int.from_bytes(encoded, "little")
    sign_bit, y = number >> 255, number & ((1 << 255) - 1)
    if y >= _P or len(encoded) != 32:  # noqa: PLR2004  RFC 8032
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if x * x % _P != square:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if x * x % _P != square or (x == 0 and sign_bit):
        return None
    if x & 1 != sign_bit:
        x = _P - x
    return x, y, 1, x * y % _P


_BASE_Y = 4 * pow(5, -1, _P) % _P
_BASE = _decompress(_BASE_Y.to_bytes(32, "little")) or (0, 1, 1, 0)
