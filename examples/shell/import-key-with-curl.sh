#!/usr/bin/env bash
# Bring key material into AWS KMS with curl and openssl alone, where no AWS CLI can be installed. curl 7.76 or newer.
#
#   import-key-with-curl.sh MATERIAL                   makes a KMS key and imports the 32 bytes in a file, never to expire
#   import-key-with-curl.sh MATERIAL KEY_ID            imports them into a KMS key that is there
#   import-key-with-curl.sh MATERIAL KEY_ID VALID_TO   until a time, in seconds since 1970
#
# Credentials and Region are those of the environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN,
# AWS_REGION; AWS_ENDPOINT_URL_KMS is asked instead of AWS. Prints the ARN of the KMS key. Nothing is tried twice.
set -euo pipefail
umask 077

fail() {
    echo "import-key-with-curl: $1" >&2
    exit 1
}

case $# in
    [123]) ;;
    *) fail "usage: import-key-with-curl.sh MATERIAL [KEY_ID [VALID_TO]]" ;;
esac
if [ ! -r "$1" ] || [ "$(wc -c <"$1")" -ne 32 ]; then
    fail "$1 is no file of 32 bytes"
fi
material=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

endpoint=${AWS_ENDPOINT_URL_KMS:-https://kms.$AWS_REGION.amazonaws.com}
# In a file, since everybody on this computer sees what a command is called with.
{
    echo "user = \"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY\""
    [ -z "${AWS_SESSION_TOKEN-}" ] || echo "header = \"X-Amz-Security-Token: $AWS_SESSION_TOKEN\""
} >"$work/credentials"

ask() {  # OPERATION: send the members on standard input, and write the answer to a file
    curl --config "$work/credentials" --aws-sigv4 "aws:amz:$AWS_REGION:kms" --silent --show-error --fail-with-body \
        --header "X-Amz-Target: TrentService.$1" --header "Content-Type: application/x-amz-json-1.1" \
        --data-binary @- --output "$work/answer" "$endpoint" || {
        cat "$work/answer" >&2 2>/dev/null || true
        fail "$1 has failed"
    }
}

member() {  # NAME: a text of the answer
    sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" "$work/answer"
}

if [ $# -eq 1 ]; then
    echo '{"Origin":"EXTERNAL"}' | ask CreateKey
    key_id=$(member Arn)
    [ -n "$key_id" ] || fail "a KMS key may have been made, but its ARN was lost on the way: look for it before you try again"
else
    key_id=$2
fi

ask GetParametersForImport <<END
{"KeyId":"$key_id","WrappingAlgorithm":"RSAES_OAEP_SHA_256","WrappingKeySpec":"RSA_4096"}
END
arn=$(member KeyId)
import_token=$(member ImportToken)
member PublicKey | openssl enc -d -base64 -A -out "$work/WrappingPublicKey.bin"

openssl pkeyutl \
    -encrypt \
    -in "$material" \
    -out "$work/EncryptedKeyMaterial.bin" \
    -inkey "$work/WrappingPublicKey.bin" \
    -keyform DER \
    -pubin \
    -pkeyopt rsa_padding_mode:oaep \
    -pkeyopt rsa_oaep_md:sha256 \
    -pkeyopt rsa_mgf1_md:sha256

expiration='"ExpirationModel":"KEY_MATERIAL_DOES_NOT_EXPIRE"'
[ $# -lt 3 ] || expiration="\"ExpirationModel\":\"KEY_MATERIAL_EXPIRES\",\"ValidTo\":$3"
ask ImportKeyMaterial <<END
{"KeyId":"$key_id","ImportToken":"$import_token",
 "EncryptedKeyMaterial":"$(openssl enc -base64 -A -in "$work/EncryptedKeyMaterial.bin")",$expiration}
END
echo "$arn"
