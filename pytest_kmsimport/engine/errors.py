"""The errors AWS KMS answers with: one class each, and the name of the class is AWS's error code.

Every one of them is HTTP 400 on the wire except the service's own faults, which are 500.

https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from .failures import Failure

if TYPE_CHECKING:
    from .authorization.access import Decision


class KmsError(Exception):
    """A refusal by AWS KMS.

    ``message`` is the text on the wire; an empty one means that AWS sends the code alone, without a
    message member, as it does for its cryptographic refusals. ``diagnosis`` is for the tester alone: the likely cause
    and the cure, empty where AWS's text says it all.
    """

    status: ClassVar[int] = 400

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.diagnosis = ""

    @property
    def code(self) -> str:
        """AWS's error code, such as ``NotFoundException``."""
        return type(self).__name__


class AccessDeniedException(KmsError):
    """The caller may not do this, or may not know whether the KMS key exists; ``decision`` has why."""

    decision: Decision | None = None


class AlreadyExistsException(KmsError):
    """The alias, or the replica key in the Region, exists already."""


class CloudHsmClusterInUseException(KmsError):
    """Another CloudHSM key store has the CloudHSM cluster."""


class CloudHsmClusterNotRelatedException(KmsError):
    """The CloudHSM cluster has another certificate than the one of the CloudHSM key store."""


class ConflictException(KmsError):
    """A rotation is under way."""


class CustomKeyStoreHasCMKsException(KmsError):
    """The custom key store has KMS keys."""


class CustomKeyStoreInvalidStateException(KmsError):
    """The ConnectionState of the custom key store does not allow the operation."""


class CustomKeyStoreNameInUseException(KmsError):
    """Another custom key store has the name."""


class CustomKeyStoreNotFoundException(KmsError):
    """There is no custom key store with the ID or the name."""


class DisabledException(KmsError):
    """The KMS key is disabled."""


class DryRunOperationException(KmsError):
    """The request would have succeeded, but ``DryRun`` was set."""


class ExpiredImportTokenException(KmsError):
    """The import token is older than 24 hours."""


class IncorrectKeyException(KmsError):
    """The KMS key named in the request is not the one the ciphertext was made with."""


class IncorrectKeyMaterialException(KmsError):
    """The key material is invalid, or is not what was imported before."""


class InvalidAliasNameException(KmsError):
    """The alias name is no name."""


class InvalidArnException(KmsError):
    """The identifier is no key ARN, or of a kind that the operation does not take."""


class InvalidCiphertextException(KmsError):
    """The ciphertext, or the encrypted key material, does not open."""


class InvalidGrantIdException(KmsError):
    """The grant ID is malformed."""


class InvalidGrantTokenException(KmsError):
    """The grant token is not valid."""


class InvalidImportTokenException(KmsError):
    """The import token is malformed, or was issued for another KMS key."""


class InvalidKeyUsageException(KmsError):
    """The KMS key's usage or spec does not fit the operation."""


class InvalidMarkerException(KmsError):
    """The marker does not come from an answer to this listing."""


class KMSInvalidMacException(KmsError):
    """The HMAC is not that of the message under the KMS key."""


class KMSInvalidSignatureException(KmsError):
    """The signature is not that of the message under the KMS key."""


class KMSInvalidStateException(KmsError):
    """The state of the KMS key does not allow the operation."""


class LimitExceededException(KmsError):
    """A quota or a length limit was exceeded."""


class MalformedPolicyDocumentException(KmsError):
    """The key policy is not valid, or would lock everybody out."""


class NotAuthorizedException(KmsError):
    """The alias name is one that AWS keeps for itself."""


class NotFoundException(KmsError):
    """The KMS key, alias or key material does not exist."""


class SerializationException(KmsError):
    """The request body is not the JSON that the operation takes."""


class TagException(KmsError):
    """The tags are not valid."""


class UnsupportedOperationException(KmsError):
    """A parameter is not supported, or the KMS key is of a kind that the operation does not take."""


class ValidationException(KmsError):
    """A parameter breaks one of its rules."""


class XksKeyAlreadyInUseException(KmsError):
    """Another KMS key of the external key store has the external key."""


class XksKeyInvalidConfigurationException(KmsError):
    """The external key is not as AWS KMS wants it."""


class XksKeyNotFoundException(KmsError):
    """The external key does not exist."""


class XksProxyUriEndpointInUseException(KmsError):
    """Another external key store has the endpoint in a way that allows no second."""


class XksProxyUriInUseException(KmsError):
    """Another external key store has the endpoint with the path."""


class XksProxyVpcEndpointServiceInUseException(KmsError):
    """Another external key store has the VPC endpoint service."""


class NotOffered(Failure):
    """The mock does not offer what the code under test asked for: a failure of the test, never an AWS error.

    ``reason`` says what, and ``offered`` is what there is instead.
    """

    def __init__(self, reason: str, offered: Iterable[str] = ()) -> None:
        self.reason = reason
        self.offered = tuple(offered)
        super().__init__(f"{reason} It offers: {', '.join(self.offered)}." if self.offered else reason)
