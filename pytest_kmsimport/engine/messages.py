"""Every text that the engine answers with, in one place, so that a recorded one can replace an assumed one.

The comment beside a text says what it rests on (docs/fidelity.md has the sources):
R recorded from AWS, D documented, O observed once, E said by an emulator alone, A assumed: one plain sentence in AWS's
manner. Those of custom key stores are in ``key_store_messages``.
"""

from __future__ import annotations

# Key states
DISABLED = "{arn} is disabled."  # R
PENDING_IMPORT = "{arn} is pending import."  # R
PENDING_DELETION = "{arn} is pending deletion."  # R
PENDING_REPLICA_DELETION = "{arn} is pending replica deletion."  # R
NOT_PENDING_DELETION = "{arn} is not pending deletion."  # D
UNAVAILABLE = "{arn} is unavailable."  # D
CREATING = "{arn} is creating."  # D
UPDATING = "{arn} is updating."  # D
WRONG_ORIGIN = "{arn} origin is {origin} which is not valid for this operation."  # R

# Identifiers
KEY_NOT_FOUND = "Key '{arn}' does not exist"  # R
INVALID_KEY_ID = "Invalid keyId '{key_id}'"  # R
INVALID_ARN = "Invalid arn {part}"  # R
ALIAS_NOT_FOUND = "Alias {arn} is not found."  # O
ALIAS_NOT_SUPPORTED = "Key Aliases are not supported for this operation."  # R
ACCESS_DENIED = (  # O
    "User: {caller} is not authorized to perform: kms:{operation} on this resource because the resource does"
    " not exist in this Region, no resource-based policies allow access, or a resource-based policy"
    " explicitly denies access"
)

# Authorization: who, what, on what, and why not
NOT_AUTHORIZED_BECAUSE = "User: {caller} is not authorized to perform: kms:{action}{where} {reason}"  # R
ON_RESOURCE = " on resource: {resource}"  # R, O for * and aliases
ON_THIS = " on this resource"  # R
NOT_ALLOWED = "because no {policy} allows the kms:{action} action"  # R, A for service control policies
DENIED = "with an explicit deny in {policy}"  # R, D for identity-based policies, A for boundaries, service control
SERVICE_DENIED = (  # R
    "{service} is not authorized to perform: kms:{action} on {resource} because the resource does not exist in this"
    " Region, no resource-based policies allow access, or a resource-based policy explicitly denies access"
)

# Aliases
ALIAS_PREFIX = (  # R
    'Alias must start with the prefix "alias/".'
    " Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
)
ALIAS_CHARACTERS = "{alias} contains invalid characters for an alias"  # O
ALIAS_EXISTS = "An alias with the name {arn} already exists"  # O
ALIAS_OF_ALIAS = "Aliases must refer to keys. Not aliases"  # E
ALIAS_USAGE = (  # R
    "Alias {alias} cannot be changed from a CMK with key usage {current} to a CMK with key usage {following}."
    " The key usage of the current CMK and the new CMK must be the same."
)
ALIAS_KIND = (  # A
    "Alias {alias} cannot be changed from a KMS key with key spec {current} to a KMS key with key spec {following}."
    " The current KMS key and the new KMS key must be of the same type."
)

# Quotas
TOO_MANY_KEYS = "The KMS keys limit has been reached for this account and Region."  # A
TOO_MANY_ALIASES = "The aliases limit has been reached for the given keyId: {arn}"  # A
TOO_MANY_GRANTS = "The grants limit has been reached for the given keyId: {arn}"  # A

# Grants
ONE_GRANTEE = "You must specify either GranteePrincipal or GranteeServicePrincipal, but not both."  # A
ONE_GRANTEE_FILTER = "You can specify either GranteePrincipal or GranteeServicePrincipal, but not both."  # A
ONE_RETIRING = "You can specify either RetiringPrincipal or RetiringServicePrincipal, but not both."  # A
ONE_RETIRING_FILTER = "You must specify either RetiringPrincipal or RetiringServicePrincipal, but not both."  # A
SOURCE_ARN_REQUIRED = "You must specify a SourceArn grant constraint with GranteeServicePrincipal."  # A
RETIRING_REQUIRED = (  # A
    "You must specify either RetiringPrincipal or RetiringServicePrincipal with GranteeServicePrincipal."
)
NO_PRINCIPAL = "ARN does not refer to a valid principal: {principal}"  # R
MALFORMED_PRINCIPAL = "ARN is not valid: {principal}"  # R
NO_GRANTEE = "{member} does not refer to a valid principal."  # R for GranteePrincipal
NO_PRINCIPAL_FILTER = "Input does not refer to a valid principal"  # R
NO_RETIRING = "Retiring principal {principal} could not be found"  # R
SERVICE_FILTER = "{member} can be used only by the service principal of an AWS service."  # A
GRANT_OPERATIONS = (  # R for HMAC keys
    "Operations [{unfit}] are not supported when creating a grant for {kind} KMS key with key usage {usage}."
    " Valid operations are [{fitting}]"
)
GRANT_OF_GRANTS = "Grants must not contain only the CreateGrant operation."  # O
GRANT_CONTEXT = "EncryptionContext is supported only when creating a grant for a symmetric encryption KMS key."  # R
GRANT_CONTEXTS = "More than one constraint supplied"  # O
GRANT_PAIRS = "A grant constraint can include up to {limit} encryption context pairs."  # A
GRANT_VALUE = "The encryption context value in a grant constraint cannot exceed {limit} characters."  # A
GRANT_NOT_FOUND = "Grant ID {id} not found"  # E
GRANT_NOT_NAMED = "You must specify either a grant token, or both a grant ID and a key ID."  # A
GRANT_NAMED_TWICE = "You can specify either a grant token, or a grant ID and a key ID, but not both."  # A

# AWS managed keys
MANAGED_KEY = "Default key that protects my {protects} when no other key is defined"  # R for SQS, O

# CreateKey
USAGE_REQUIRED = "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys."  # R
USAGE_INCOMPATIBLE = "KeyUsage {usage} is not compatible with KeySpec {spec}"  # R
SPEC_TWICE = (  # O
    "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated."
)
SPEC_NOT_IN_REGION = "KeySpec {spec} is not supported in this Region."  # A
SPEC_NOT_IMPORTABLE = "KeySpec {spec} is not supported for Origin EXTERNAL"  # R
TOO_MANY_TAGS = "Too many tags"  # R
DUPLICATE_TAGS = "Duplicate tag keys"  # R
RESERVED_TAGS = "Tags beginning with aws: are reserved"  # R
POLICY_LOCKOUT = "The new key policy will not allow you to update the key policy in the future."  # O
POLICY_NO_PRINCIPAL = "Policy contains a statement with no principal."  # O
POLICY_BAD_PRINCIPAL = "Policy contains a statement with one or more invalid principals."  # O
POLICY_NO_ACTION = "Missing required field Action"  # E
POLICY_NO_RESOURCE = "Missing required field Resource"  # E
POLICY_CONDITION_KEYS = (  # O
    "These condition keys are not permitted in a key policy: aws:ResourceTag, kms:ResourceTag, kms:ResourceAliases"
)
POLICY_CONTEXT = (  # D
    "OverlyPermissiveCondition:EncryptionContext: Using the ForAllValues set operator with a single-valued condition"
    " key matches requests without the specified encryption context or with an unspecified encryption context."
    " To fix, remove ForAllValues."
)
POLICY_TAG = (  # A, like the one before
    "OverlyPermissiveCondition:RequestTag: Using the ForAllValues set operator with a single-valued condition key"
    " matches requests without the specified tag or with an unspecified tag. To fix, remove ForAllValues."
)
POLICY_TOO_LONG = "The key policy exceeds the limit of {limit} bytes."  # A
POLICY_OF_RAM = "The AWS_RAM policy can only be managed by the RAM service."  # D
POLICY_NAME = "You can set only the key policy named default."  # A
NO_SUCH_POLICY = "No such policy exists"  # E

# Import
WRAPPING_REFUSED = (  # R
    "Wrapping algorithm {algorithm} and wrapping key spec {wrapping_spec} cannot be used to import a {spec} key."
)
WRAPPING_NOT_SUPPORTED = "Wrapping algorithm {algorithm} is not supported."  # A
WRAPPING_SPEC_NOT_SUPPORTED = "Wrapping key spec {wrapping_spec} is not supported."  # A
VALID_TO_REQUIRED = "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES"  # R
VALID_TO_NOT_ALLOWED = "A validTo date cannot be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE"  # R
VALID_TO_PAST = "ValidTo must be in the future"  # R
VALID_TO_TOO_FAR = "ValidTo must be less than 365 days in the future"  # R
ID_WITH_NEW = "Input parameter keyMaterialId cannot be used with NEW_KEY_MATERIAL importType."  # R
SYMMETRIC_ONLY = "Input parameter {member} cannot be used with {spec} imported keys."  # R
NEW_ON_REPLICA = "Input parameter ImportType NEW_KEY_MATERIAL cannot be used on replica Multi-Region keys"  # R
DESCRIPTION_ON_REPLICA = "Key material description can only be specified on primary Multi-Region keys"  # R
INCORRECT_KEY_IN_TRAIL = "The key ID in the request does not identify a CMK that can perform this operation."  # D
OTHER_MATERIAL = "Imported key material does not have the expected identifier ({id})."  # R
KNOWN_MATERIAL = (  # R
    "Key material (id: {id}) being imported as NEW_KEY_MATERIAL is already associated with KMS key {arn}."
)
ENCRYPTED_KEY_SIZE = "Invalid encrypted key size."  # O
PENDING_ROTATION = (  # R
    "New key material (id: {id}) cannot be imported into KMS key {arn}, because another key material"
    " (id: {pending_id}) is pending rotation."
)
NOT_PRIMARY = "{arn} is not a multi-region primary key."  # R
NEVER_IMPORTED = "Key material (id: {id}) has never been imported into KMS key {arn}."  # R

# Multi-Region keys
REPLICA_PARTITION = "The replica key Region must be in the same AWS partition as the primary key Region."  # R
REPLICA_REGION = "Region {region} is not a valid Region or multi-Region keys are not supported in Region {region}."  # R
REPLICA_OF_PRIMARY_REGION = "{region} cannot have a replica because it contains the primary."  # R
REPLICA_EXISTS = "You can create only one replica of each primary key in each AWS Region."  # R
NO_REPLICA = "{key_id} does not have a replica key in the specified Region."  # R
NOT_PRIMARY_TO_UPDATE = "{arn} is not a multi-Region primary key."  # R

# Rotation
ON_REPLICA = "{arn} is a multi-region replica key which is not valid for {operation}."  # R
REPLICAS_WITHOUT_MATERIAL = (  # R
    "Cannot perform key material rotation: Key material has not been imported for replicas of the Multi-Region key."
)
NOTHING_PENDING = "No available key material pending rotation for the key: {arn}."  # R
TOO_MANY_ROTATIONS = (  # R
    "The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be"
    " performed for this key: {arn}"
)
ALL_KEY_MATERIAL_SYMMETRIC_ONLY = "Input parameter includeKeyMaterial can only be used with symmetric keys."  # R

# Using keys
WRONG_USAGE = "{arn} key usage is {usage} which is not valid for {operation}."  # R
WRONG_ALGORITHM = "Algorithm {algorithm} is incompatible with key spec {spec}."  # R
WRONG_KEY = "The key ID in the request does not identify a CMK that can perform this operation."  # R
UNKNOWN_CIPHERTEXT_KEY = (  # O
    "The ciphertext refers to a customer master key that does not exist, does not exist in this region,"
    " or you are not allowed to access."
)
PLAINTEXT_TOO_LONG = "Algorithm {algorithm} and key spec {spec} cannot encrypt data larger than {limit} bytes."  # R
CONTEXT_NOT_SUPPORTED = "EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs."  # R
MUST_NOT_BE_NULL = "{member} must not be null"  # R
MODIFIERS_WITHOUT_DRY_RUN = "DryRunModifiers can only be used when DryRun is true."  # A
KEY_PAIR_WITH_ASYMMETRIC = "You cannot generate a data key pair with an asymmetric CMK"  # R
NOT_ATTESTED = "The attestation document in Recipient is not valid."  # A
DATA_KEY_LENGTH = "Please specify either number of bytes or key spec."  # A
KEY_PAIR_NOT_SUPPORTED = "KeyPairSpec {spec} is not supported in this Region."  # A
NUMBER_OF_BYTES = "NumberOfBytes is required."  # R
DIGEST_LENGTH = "Digest is invalid length for algorithm {algorithm}."  # R
MU_LENGTH = "External Mu is invalid length for algorithm {algorithm}."  # R
MESSAGE_TYPE_OF_SPEC = "Message type {message_type} is incompatible with key spec {spec}."  # R
MESSAGE_TYPE_OF_ALGORITHM = "Message type {message_type} is incompatible with algorithm {algorithm}."  # R
DRY_RUN = "The request would have succeeded, but the DryRun option is set."  # R

# Deletion
PENDING_WINDOW = "PendingWindowInDays must be between 7 and 30"  # O

# Constraints of the service model: "2 validation errors detected: <violation>; <violation>"
NOT_NULL = "Member must not be null"  # R
ENUM = "Member must satisfy enum value set: [{values}]"  # R
PATTERN = "Member must satisfy regular expression pattern: {pattern}"  # R
SHORTEST = "Member must have length greater than or equal to {limit}"  # R
LONGEST = "Member must have length less than or equal to {limit}"  # R
SMALLEST = "Member must have value greater than or equal to {limit}"  # R
LARGEST = "Member must have value less than or equal to {limit}"  # R

# What planned faults say that AWS KMS itself says nowhere else here
THROTTLED = "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls."  # O
NOT_AUTHORIZED = "User: {caller} is not authorized to perform: kms:{operation}{on_resource}"  # O
EXPIRED_CREDENTIALS = "The security token included in the request is expired"  # O
UNKNOWN_CREDENTIALS = "The security token included in the request is invalid."  # R
SIGNATURE_MISMATCH = (  # O
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret"
    " Access Key and signing method. Consult the service documentation for details."
)
TIME_SKEWED = "The difference between the request time and the current time is too large."  # D
SERVICE_UNAVAILABLE = "The request has failed due to a temporary failure of the server."  # D
INTERNAL_FAILURE = "The request processing has failed because of an unknown error."  # D
VALIDATION = "1 validation error detected"  # A
CONFLICT = "A rotation of {arn} is in progress."  # A
DEPENDENCY_TIMEOUT = "The system timed out while trying to fulfill the request."  # D
INTERNAL_EXCEPTION = "An internal error occurred."  # A
KEY_UNAVAILABLE = "{arn} is not available."  # A
QUOTA = "The request exceeds a quota of this account."  # A


def lower_camel(member: str) -> str:
    """A member's name as AWS's texts spell it: ``keySpec`` for ``KeySpec``."""
    return member[0].lower() + member[1:]


def violation(path: str, shown: str, constraint: str) -> str:
    """One breach of a constraint: ``shown`` is the value in quotes, ``null``, or empty for blobs and secrets."""
    subject = f"Value {shown}" if shown else "Value"
    return f"{subject} at '{path}' failed to satisfy constraint: {constraint}"


def violations(found: list[str]) -> str:
    """The text of the ValidationException for all breaches of one request."""
    errors = "error" if len(found) == 1 else "errors"
    return f"{len(found)} validation {errors} detected: {'; '.join(found)}"


def missing(member: str) -> str:
    """The text of the ValidationException for a member that the model leaves optional and the request lacks."""
    return violations([violation(lower_camel(member), "null", NOT_NULL)])
