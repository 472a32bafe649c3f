"""The player of recorded answers finds every fact that is wrong; its notation takes nothing that it does not know."""

from __future__ import annotations

import pytest

from .replay.notation import NotationError, read
from .replay.player import play

#: A play that is right, in which each row is of another kind.
RIGHT = """
answers 8
let $set = {KeyId <arn>, ImportToken, PublicKey rsa(2048), ParametersValidTo call+24h}
create     | CreateKey Origin EXTERNAL | M(PendingImport; -; -; Description "")
enable     | EnableKey | KMSInvalidStateException (msg) `<arn> is pending import.`
parameters | GetParametersForImport WrappingAlgorithm RSAES_OAEP_SHA_256, WrappingKeySpec RSA_2048 | $set
short      | Import 16 A, NEVER | InvalidCiphertextException, no text
dateless   | Import A | ValidationException `A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES`
import     | Import A, UNTIL +2h, KeyMaterialDescription "one" | {KeyId <arn>, KeyMaterialId id(A)}
new        | Import B, NEW, NEVER | {KeyId <arn>, KeyMaterialId id(B)}
wait 1h
history    | ListKeyRotations ALL | H[A CURRENT IMPORTED UNTIL import.ValidTo "one"; B PENDING_ROTATION IMPORTED NEVER]
"""


@pytest.fixture
def written(tmp_path):
    """Writes a play down and reads it."""

    def write(text: str):
        path = tmp_path / "play.txt"
        path.write_text(text, encoding="utf-8")
        return read(path)

    return write


def test_what_is_right_agrees(written):
    """Nothing is found where there is nothing to find."""
    assert not [was.disagreement for was in play(written(RIGHT)).values() if was.disagreement]


@pytest.mark.parametrize(
    ("case", "right", "wrong"),
    [
        ("create", "PendingImport;", "Disabled;"),
        ("create", "-; -;", "NEVER; -;"),
        ("create", '""', '"else"'),
        ("create", 'Description ""', "Foo"),
        ("create", "M(PendingImport; -; -;", "M(PendingImport; -; id(A);"),
        ("enable", "KMSInvalidStateException", "DisabledException"),
        ("enable", "(msg) ", ""),
        ("enable", "pending import.`", "pending import`"),
        ("enable", "KMSInvalidStateException (msg) `<arn> is pending import.`", "{}"),
        ("enable", "KMSInvalidStateException (msg) `<arn> is pending import.`", "not sent `x`"),
        ("parameters", "rsa(2048)", "rsa(3072)"),
        ("parameters", "call+24h", "call+25h"),
        ("parameters", ", ImportToken", ""),
        ("parameters", "{KeyId <arn>", "{KeyId <id>"),
        ("short", ", no text", " (msg) `text`"),
        ("dateless", "`A validTo", "(msg) `A validTo"),
        ("import", "{KeyId <arn>, KeyMaterialId id(A)}", "{KeyId <arn>}"),
        ("new", "id(B)", "id(A)"),
        ("new", "id(B)", "64 zeros"),
        ("history", "A CURRENT", "B CURRENT"),
        ("history", "CURRENT IMPORTED", "CURRENT PENDING_IMPORT"),
        ("history", "import.ValidTo", "import.ValidTo+1s"),
        ("history", ' "one"', ""),
        ("history", "IMPORTED NEVER", "IMPORTED"),
        ("history", "IMPORTED NEVER", "IMPORTED NEVER rotated import"),
        ("history", "; B PENDING_ROTATION IMPORTED NEVER", ""),
        ("history", 'A CURRENT IMPORTED UNTIL import.ValidTo "one"; B PENDING_ROTATION IMPORTED NEVER',
         'B PENDING_ROTATION IMPORTED NEVER; A CURRENT IMPORTED UNTIL import.ValidTo "one"'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found(written, case, right, wrong):
    """A fact that is not as AWS was recorded makes its row disagree, and no other."""
    (line,) = (line for line in RIGHT.splitlines() if line.startswith(case))
    request, bar, answer = line.rpartition(" | ")
    answer = answer.replace("$set", "{KeyId <arn>, ImportToken, PublicKey rsa(2048), ParametersValidTo call+24h}")
    assert right in answer
    outcome = play(written(RIGHT.replace(line, request + bar + answer.replace(right, wrong, 1))))
    assert [name for name, was in outcome.items() if was.disagreement] == [case]


#: A play of what can be checked without asking the mock.
CHECKED = """
let $oaep = WrappingAlgorithm RSAES_OAEP_SHA_256, WrappingKeySpec RSA_3072
let $set = {KeyId <arn>, ImportToken, PublicKey rsa(3072), ParametersValidTo}
let $ecdsa = SigningAlgorithm ECDSA_SHA_256
let $p256 = KeyId <arn>, CustomerMasterKeySpec ECC_NIST_P256, KeySpec ECC_NIST_P256
let $pair = KeyId <arn>, PublicKey, KeyPairSpec ECC_NIST_P256, KeyMaterialId id(S)
let $agreed = KeyId <arn>, KeyAgreementAlgorithm ECDH
symmetric | S CreateKey | M(Enabled; -; id(S))
encrypt   | S Encrypt Plaintext "text"
          | {KeyId <arn>, CiphertextBlob sealed(2; S), EncryptionAlgorithm SYMMETRIC_DEFAULT}
data_key  | S GenerateDataKeyWithoutPlaintext KeySpec AES_256
          | {KeyId <arn>, CiphertextBlob sealed(3; S; 32), KeyMaterialId id(S)}
pair      | S GenerateDataKeyPair KeyPairSpec ECC_NIST_P256
          | {$pair, PrivateKeyPlaintext pkcs8(150), PrivateKeyCiphertextBlob sealed(3; S)}
policy    | S GetKeyPolicy | {Policy default_policy(), PolicyName default}
hmac      | H CreateKey Origin EXTERNAL, KeySpec HMAC_256, KeyUsage GENERATE_VERIFY_MAC | M(PendingImport; -; -)
hmac_set  | H GetParametersForImport $oaep | $set
hmac_in   | H Import A, NEVER | {KeyId <arn>}
mac       | H GenerateMac Message "text", MacAlgorithm HMAC_SHA_256
          | {KeyId <arn>, Mac hmac(A), MacAlgorithm HMAC_SHA_256}
ecc       | E CreateKey Origin EXTERNAL, KeySpec ECC_NIST_P256, KeyUsage SIGN_VERIFY | M(PendingImport; -; -)
ecc_set   | E GetParametersForImport $oaep | $set
ecc_in    | E Import A, NEVER | {KeyId <arn>}
public    | E GetPublicKey | {$p256, PublicKey public(A), KeyUsage SIGN_VERIFY, SigningAlgorithms [ECDSA_SHA_256]}
sign      | E Sign Message "text", $ecdsa | {KeyId <arn>, Signature signed(A), $ecdsa}
sign_anew | E Sign Message "text", $ecdsa | {KeyId <arn>, Signature signed_anew(A; sign.Signature), $ecdsa}
ecdh      | D CreateKey KeySpec ECC_NIST_P256, KeyUsage KEY_AGREEMENT | M(Enabled; -; -; KeyAgreementAlgorithms [ECDH])
ecdh_key  | D GetPublicKey | {$p256, PublicKey, KeyUsage KEY_AGREEMENT, KeyAgreementAlgorithms [ECDH]}
secret    | D DeriveSharedSecret KeyAgreementAlgorithm ECDH, PublicKey public(P)
          | {$agreed, SharedSecret ecdh(ecdh_key.PublicKey; P), KeyOrigin AWS_KMS}
"""


@pytest.mark.parametrize(
    ("case", "right", "wrong"),
    [
        ("encrypt", "sealed(2; S)", "sealed(3; S)"),
        ("encrypt", "sealed(2; S)", "sealed(2; S; 5)"),
        ("data_key", "sealed(3; S; 32)", "sealed(3; S; 16)"),
        ("pair", "pkcs8(150)", "pkcs8(138)"),
        ("pair", "pkcs8(150)", "pkcs8(151; 160)"),
        ("policy", "Policy default_policy()", "Policy other_than(policy.Policy)"),
        ("mac", "hmac(A)", "hmac(B)"),
        ("public", "public(A)", "public(B)"),
        ("sign", "signed(A)", "signed(B)"),
        ("sign", "signed(A)", "signed(A; 64)"),
        ("sign_anew", "sign.Signature", "sign_anew.Signature"),
        ("secret", "; P)", "; Q)"),
        ("secret", "KeyOrigin AWS_KMS", "KeyOrigin EXTERNAL"),
    ],
)  # fmt: skip
def test_what_cryptography_denies_is_found(written, case, right, wrong):
    """Ciphertexts, keys, MACs, signatures and secrets are held against `cryptography` and AWS's layouts."""
    assert CHECKED.count(f"\n{case} ") == 1
    head, start, rest = CHECKED.partition(f"\n{case} ")
    outcome = play(written(head + start + rest.replace(right, wrong, 1)))
    assert [name for name, was in outcome.items() if was.disagreement] == [case]


def test_what_cryptography_confirms_agrees(written):
    """The same play without a fault."""
    assert not [was.disagreement for was in play(written(CHECKED)).values() if was.disagreement]


def test_what_should_have_been_refused_is_undone(written):
    """It disagrees, and the rows after it find the key as it was."""
    text = "create | CreateKey | M(Enabled; -; id(A))\nno | DisableKey | DisabledException, no text\n"
    outcome = play(written(text + "later | DescribeKey | M(Enabled; -; id(A))"))
    assert (outcome["no"].disagreement, outcome["later"].disagreement) == ("succeeded: {}", "")


def test_loops_and_values(written):
    """A loop stands for its lines with every group of values, and what is named once is known in the lines below."""
    script = written("""
answers 6
let $no = ValidationException
for $spec $least in HMAC_224 28, HMAC_256 32
  for $usage in A B
    $spec $usage | CreateKey KeySpec $spec | $no `$least`
  end
end
twice [2]   | not played: by hand | anything
""")
    assert [row.case for row in script.rows] == ["HMAC_224 A", "HMAC_224 B", "HMAC_256 A", "HMAC_256 B", "twice"]
    assert sum(row.count for row in script.rows) == script.answers
    assert script.rows[2].answer == ("ValidationException", "32", False)
    assert [row.why_not for row in script.rows if row.why_not] == ["by hand"]


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "a | CreateKey",
        "a | createkey | {}",
        "a | CreateKey | {",
        "a | CreateKey | {}}",
        "a | CreateKey | $nothing",
        "a | CreateKey | {}\na | CreateKey | {}",
        "for $a in x y\na$a | CreateKey | {}",
        "for $a $b in x y z\na$a | CreateKey | {}\nend",
    ],
)
def test_what_is_no_notation(written, text):
    """It is refused when the file is read, before anything is played."""
    with pytest.raises(NotationError):
        written(text)


def test_a_row_that_names_what_is_not_there(written):
    """A slip of the pen is no disagreement of the mock's."""
    script = written("create | CreateKey | M(Enabled; -; id(A))\nb | Decrypt CiphertextBlob creat.Blob | {}")
    with pytest.raises(AssertionError, match="there is no row creat before this"):
        play(script)
