#!/usr/bin/env bash
# Bring key material into AWS KMS with the AWS CLI and openssl, in the steps and with the commands of AWS's guide:
# https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-conceptual.html
#
#   import-key.sh MATERIAL                   makes a KMS key and imports the 32 bytes in a file, never to expire
#   import-key.sh MATERIAL KEY_ID            imports them into a KMS key that is there
#   import-key.sh MATERIAL KEY_ID VALID_TO   until a time such as 2027-01-31T12:00:00Z
#
# Prints the ARN of the KMS key. Files are written to a folder that is gone afterwards.
set -euo pipefail
umask 077

fail() {
    echo "import-key: $1" >&2
    exit 1
}

case $# in
    [123]) ;;
    *) fail "usage: import-key.sh MATERIAL [KEY_ID [VALID_TO]]" ;;
esac
if [ ! -r "$1" ] || [ "$(wc -c <"$1")" -ne 32 ]; then
    fail "$1 is no file of 32 bytes"
fi
material=$1
key_id=${2-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ -z "$key_id" ]; then
    key_id=$(aws kms create-key --origin EXTERNAL --query KeyMetadata.Arn --output text)
    case $key_id in
        arn:*) ;;
        *) fail "a KMS key may have been made, but its ARN was lost on the way: look for it before you try again" ;;
    esac
fi

aws kms get-parameters-for-import --key-id "$key_id" \
    --wrapping-algorithm RSAES_OAEP_SHA_256 --wrapping-key-spec RSA_4096 \
    --query '[KeyId,PublicKey,ImportToken]' --output text >"$work/parameters"
read -r arn public_key import_token <"$work/parameters"
[ "$public_key" != None ] || fail "the public key was lost on the way"
printf %s "$public_key" >"$work/PublicKey.b64"
printf %s "$import_token" >"$work/ImportToken.b64"
openssl enc -d -base64 -A -in "$work/PublicKey.b64" -out "$work/WrappingPublicKey.bin"
openssl enc -d -base64 -A -in "$work/ImportToken.b64" -out "$work/ImportToken.bin"

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

if [ $# -eq 3 ]; then
    expiration=(--expiration-model KEY_MATERIAL_EXPIRES --valid-to "$3")
else
    expiration=(--expiration-model KEY_MATERIAL_DOES_NOT_EXPIRE)
fi
aws kms import-key-material --key-id "$key_id" \
    --encrypted-key-material "fileb://$work/EncryptedKeyMaterial.bin" \
    --import-token "fileb://$work/ImportToken.bin" \
    "${expiration[@]}" >"$work/imported"
echo "$arn"
