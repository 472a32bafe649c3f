"""The texts of custom key stores, and what they rest on, as in ``messages``.

https://docs.aws.amazon.com/kms/latest/developerguide/xks-troubleshooting.html
https://docs.aws.amazon.com/kms/latest/developerguide/fix-keystore.html
"""

from __future__ import annotations

# KMS keys in them
STORE_WITH_ORIGIN = "CustomKeyStoreId cannot be specified for KMS keys with an Origin of {origin}."  # A
SPEC_IN_STORE = "KMS keys in a custom key store must be symmetric encryption keys in a single Region."  # A
ORIGIN_OF_STORE = "Origin {origin} cannot be specified for a custom key store with a CustomKeyStoreType of {type}."  # A
EXTERNAL_KEY_IN_USE = "External key {id} is already associated with another KMS key in this external key store."  # A
XKS_KEY_ID = "XksKeyId can be specified only for KMS keys with an Origin of EXTERNAL_KEY_STORE."  # A

# The six operations
STORE_NOT_FOUND = "Custom key store {store} does not exist."  # A
STORE_STATE = "The custom key store {id} is {state}, which is not valid for {operation}."  # A
STORE_NAME_IN_USE = "A custom key store with the name {name} already exists."  # A
STORE_HAS_KEYS = "The custom key store {id} contains KMS keys."  # A
STORE_OF_ONE_KIND = "{member} cannot be specified for custom key stores with a CustomKeyStoreType of {type}."  # A
STORE_NAMED_TWICE = "You can specify either CustomKeyStoreId or CustomKeyStoreName, but not both."  # A
STORE_VPC_SERVICE = "{member} can be specified only with an XksProxyConnectivity of VPC_ENDPOINT_SERVICE."  # A
TOO_MANY_STORES = "The custom key stores limit has been reached for this account and Region."  # A
CLUSTER_IN_USE = "The CloudHSM cluster {id} is already associated with a custom key store."  # A
CLUSTER_NOT_RELATED = "The CloudHSM cluster {id} is not related to the cluster of the custom key store."  # A
PROXY_URI_IN_USE = "{uri} is already associated with another external key store."  # A
PROXY_VPC_IN_USE = "{service} is already associated with another external key store."  # A
RANDOM_IN_EXTERNAL = "GenerateRandom is not supported in external key stores."  # A

# What AWS KMS says of the other side of a custom key store
CLUSTER_UNREACHABLE = (  # D for NETWORK_ERRORS
    "KMS cannot communicate with your CloudHSM cluster. This might be a transient network issue. If you see this error"
    " repeatedly, verify that the Network ACLs and the security group rules for the VPC of your AWS CloudHSM cluster"
    " are correct."
)
CLUSTER_LOCKED_OUT = (  # D
    "KMS cannot communicate with your AWS CloudHSM cluster because the kmsuser is locked out. If you see this error"
    " repeatedly, disconnect the AWS CloudHSM key store and reset the kmsuser account password. Update the kmsuser"
    " password for the custom key store and try the request again."
)
PROXY_CREDENTIALS = (  # D
    "The external key store proxy rejected the request because it could not authenticate AWS KMS. Verify the"
    " credentials for your external key store and update if necessary."
)
PROXY_DENIED = (  # D
    "The external key store proxy denied access to the operation. Verify that the user and the external key are both"
    " authorized for this operation, and try the request again."
)
PROXY_PATH = (  # D
    "The external key store proxy rejected the request because of an invalid URI path. Verify the URI path for your"
    " external key store and update if necessary."
)
PROXY_RESPONSE = (  # D
    "AWS KMS cannot interpret the response from the external key store proxy. If you see this error repeatedly,"
    " consult your external key store proxy administrator."
)
PROXY_TLS = (  # D
    "AWS KMS cannot establish a TLS connection to the external key store proxy. Verify the TLS configuration,"
    " including its certificate."
)
PROXY_TIMED_OUT = (  # D
    "AWS KMS rejected the request because the external key store proxy did not respond in time. Retry the request. If"
    " you see this error repeatedly, report it to your external key store proxy administrator."
)
PROXY_NETWORK = (  # D
    "AWS KMS cannot communicate with the external key store proxy. This might be a transient network issue. If you see"
    " this error repeatedly, verify that your external key store proxy is active and is connected to the network, and"
    " that its endpoint URI is correct in your external key store."
)
PROXY_UNREACHABLE = (  # D
    "AWS KMS cannot communicate with the external key store proxy. Verify that your external key store proxy is active"
    " and is connected to the network, and that its URI path and endpoint URI or VPC service name are correct in your"
    " external key store."
)
PROXY_UNHEALTHY = (  # D
    "The external key store proxy is in an unhealthy state. If you see this message repeatedly, notify your external"
    " key store proxy administrator."
)
EXTERNAL_CIPHERTEXT = (  # D
    "The external key store proxy rejected the request because the specified ciphertext or additional authenticated"
    " data is corrupted, missing, or otherwise invalid."
)
EXTERNAL_KEY_NOT_FOUND = (  # D
    "The external key store proxy rejected the request because it could not find the external key."
)
EXTERNAL_KEY_SPEC = (  # D
    "The key spec of the external key must be AES_256. The key spec of specified external key is {key_spec}."
)
EXTERNAL_KEY_STATUS = (  # D
    "The status of the external key must be ENABLED. The status of specified external key is {status}."
)
EXTERNAL_KEY_USAGE = (  # D
    "The key usage of the external key must include ENCRYPT and DECRYPT. The key use of specified external key is"
    " {key_usage}."
)
EXTERNAL_KEY_NOT_ENABLED = (  # D
    "The external key store proxy rejected the request because the external key is not enabled in the external key"
    " manager."
)
EXTERNAL_KEY_USE = (  # D
    "The external key store proxy rejected the request because the external key does not support the requested"
    " operation."
)
