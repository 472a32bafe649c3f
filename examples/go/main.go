// import-key brings key material into AWS KMS: import-key MATERIAL [KEY_ID [VALID_TO]].
//
// It imports the 32 bytes in a file into a KMS key, which is made without KEY_ID, until a time such as
// 2027-01-31T12:00:00Z, or for good, and prints the ARN of the KMS key.
package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

func main() {
	arn, err := run(context.Background(), os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "import-key:", err)
		os.Exit(1)
	}
	fmt.Println(arn)
}

func run(ctx context.Context, args []string) (string, error) {
	if len(args) < 1 || len(args) > 3 {
		return "", errors.New("usage: import-key MATERIAL [KEY_ID [VALID_TO]]")
	}
	material, err := os.ReadFile(args[0])
	if err != nil {
		return "", err
	}
	cfg, err := config.LoadDefaultConfig(ctx) // also the endpoint URL for KMS
	if err != nil {
		return "", err
	}
	client := kms.NewFromConfig(cfg)

	var keyID string
	if len(args) > 1 {
		keyID = args[1]
	} else if keyID, err = createKey(ctx, client); err != nil {
		return "", err
	}
	var validTo *time.Time
	if len(args) > 2 {
		parsed, err := time.Parse(time.RFC3339, args[2])
		if err != nil {
			return "", err
		}
		validTo = &parsed
	}
	return importKeyMaterial(ctx, client, keyID, material, validTo)
}

func createKey(ctx context.Context, client *kms.Client) (string, error) {
	key, err := client.CreateKey(ctx, &kms.CreateKeyInput{Origin: types.OriginTypeExternal})
	if err != nil {
		return "", err
	}
	if key.KeyMetadata == nil { // the body of the answer was lost, which the SDK takes for success
		return "", errors.New("a KMS key may have been made: look for it before you try again")
	}
	return aws.ToString(key.KeyMetadata.Arn), nil
}

func importKeyMaterial(
	ctx context.Context, client *kms.Client, keyID string, material []byte, validTo *time.Time,
) (string, error) {
	parameters, err := client.GetParametersForImport(ctx, &kms.GetParametersForImportInput{
		KeyId:             aws.String(keyID),
		WrappingAlgorithm: types.AlgorithmSpecRsaesOaepSha256,
		WrappingKeySpec:   types.WrappingKeySpecRsa2048,
	})
	if err != nil {
		return "", err
	}
	publicKey, err := x509.ParsePKIXPublicKey(parameters.PublicKey)
	if err != nil {
		return "", err
	}
	wrappingKey, ok := publicKey.(*rsa.PublicKey)
	if !ok {
		return "", fmt.Errorf("AWS KMS gives RSA wrapping keys, not %T", publicKey)
	}
	wrapped, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, wrappingKey, material, nil)
	if err != nil {
		return "", err
	}
	input := &kms.ImportKeyMaterialInput{
		KeyId:                aws.String(keyID),
		EncryptedKeyMaterial: wrapped,
		ImportToken:          parameters.ImportToken,
		ExpirationModel:      types.ExpirationModelTypeKeyMaterialDoesNotExpire,
	}
	if validTo != nil {
		input.ExpirationModel, input.ValidTo = types.ExpirationModelTypeKeyMaterialExpires, validTo
	}
	if _, err := client.ImportKeyMaterial(ctx, input); err != nil {
		return "", err
	}
	return aws.ToString(parameters.KeyId), nil
}
