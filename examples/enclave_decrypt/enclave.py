"""Decrypt in a Nitro enclave what nobody else can, neither the parent instance nor those who administer it.

    python -m enclave_decrypt.enclave policy EIF-MEASUREMENTS.json > key-policy.json
    python -m enclave_decrypt.enclave decrypt 1234abcd-12ab-34cd-56ef-1234567890ab < password.enc | ./service

The first is for the pipeline that has built the enclave's image: nitro-cli prints the measurements. The second runs in
the enclave, with a vsock proxy to AWS KMS. Its key pair is made there and never leaves.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import boto3
from asn1crypto import cms
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

POLICY = Path(__file__).with_name("key-policy.json")
DEBUG_MODE = "0" * 96


class Enclave:
    """Decrypts with a KMS key whose policy asks for the enclave's image.

    ``attest`` asks the Nitro Secure Module for a document with a public key in it. A document is good for about three
    hours, so it is used until AWS KMS refuses it.
    """

    def __init__(self, kms: Any, attest: Callable[[bytes], bytes]) -> None:
        self._kms = kms
        self._attest = attest
        self._private_key = generate_private_key(65537, 2048)
        self._document = b""

    def decrypt(self, key_id: str, ciphertext: bytes) -> bytes:
        """The plaintext, which nobody but this enclave sees; raises ClientError where AWS KMS refuses."""
        if self._document:
            try:
                return self._ask(key_id, ciphertext)
            except (
                ClientError
            ) as error:  # AWS does not say that it is the document: its policy sees none, or KMS reads it
                if error.response["Error"]["Code"] not in {"ValidationException", "AccessDeniedException"}:
                    raise
        public_key = self._private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self._document = self._attest(public_key)
        return self._ask(key_id, ciphertext)

    def _ask(self, key_id: str, ciphertext: bytes) -> bytes:
        recipient = {"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256", "AttestationDocument": self._document}
        answer = self._kms.decrypt(KeyId=key_id, CiphertextBlob=ciphertext, Recipient=recipient)
        return open_envelope(answer["CiphertextForRecipient"], self._private_key)


def open_envelope(envelope: bytes, private_key: RSAPrivateKey) -> bytes:
    """What AWS KMS has encrypted for an enclave: EnvelopedData of CMS, in BER."""
    enveloped = cms.ContentInfo.load(envelope)["content"]
    recipient, content = enveloped["recipient_infos"][0].chosen, enveloped["encrypted_content_info"]
    key = private_key.decrypt(recipient["encrypted_key"].native, OAEP(MGF1(SHA256()), SHA256(), None))
    iv = content["content_encryption_algorithm"]["parameters"].native
    decryptor, unpadder = Cipher(AES(key), CBC(iv)).decryptor(), PKCS7(AES.block_size).unpadder()
    return unpadder.update(decryptor.update(content["encrypted_content"].native)) + unpadder.finalize()


def key_policy(measurements: dict[str, str]) -> str:
    """The key policy for an image, by what nitro-cli has printed; raises ValueError for one of debug mode."""
    if measurements["PCR0"] == DEBUG_MODE:
        raise ValueError("an enclave in debug mode is measured as zeros, whatever runs in it")
    return POLICY.read_text(encoding="utf-8").replace("IMAGE", measurements["PCR0"])


def nitro_secure_module(public_key: bytes) -> bytes:
    """A document of the real one, by ``pip install aws-nsm-interface``."""
    import aws_nsm_interface as nsm  # noqa: PLC0415  it is there in the enclave's image alone

    device = nsm.open_nsm_device()
    try:
        return bytes(nsm.get_attestation_doc(device, public_key=public_key)["document"])
    finally:
        nsm.close_nsm_device(device)


def main(arguments: Sequence[str] | None = None, attest: Callable[[bytes], bytes] = nitro_secure_module) -> int:
    """Run from the command line and give the exit status."""
    parser = argparse.ArgumentParser(description="Decrypt in a Nitro enclave what nobody else can.")
    commands = parser.add_subparsers(dest="command", required=True)
    policy = commands.add_parser("policy", help="print the key policy for an image")
    policy.add_argument("measurements", type=Path, help="what nitro-cli build-enclave has printed")
    decrypt = commands.add_parser("decrypt", help="decrypt standard input to standard output")
    decrypt.add_argument("key_id")
    options = parser.parse_args(arguments)
    if options.command == "policy":
        print(key_policy(json.loads(options.measurements.read_text(encoding="utf-8"))["Measurements"]))
        return 0
    try:
        plaintext = Enclave(boto3.Session().client("kms"), attest).decrypt(options.key_id, sys.stdin.buffer.read())
    except ClientError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    sys.stdout.buffer.write(plaintext)
    return 0


if __name__ == "__main__":
    sys.exit(main())
