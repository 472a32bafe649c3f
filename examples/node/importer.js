/** Bring key material of our own into AWS KMS. */

import { constants, createPublicKey, publicEncrypt } from "node:crypto";

import { CreateKeyCommand, GetParametersForImportCommand, ImportKeyMaterialCommand } from "@aws-sdk/client-kms";

const OAEP_SHA_256 = "RSAES_OAEP_SHA_256";

/** An answer whose body was lost on the way: the SDK gives an empty object for it, and no error. */
export class IncompleteAnswerError extends Error {
  name = "IncompleteAnswerError";
}

function member(answer, name, hint = "") {
  if (answer[name] === undefined) {
    throw new IncompleteAnswerError(`AWS KMS has answered without ${name}${hint}`);
  }
  return answer[name];
}

/** Make a KMS key that waits for key material, and give its ARN. */
export async function createKey(kms) {
  const answer = await kms.send(new CreateKeyCommand({ Origin: "EXTERNAL" }));
  return member(answer, "KeyMetadata", ": a KMS key may have been made, look for it before you try again").Arn;
}

/** Wrap key material (a Buffer) under the public key (DER) of GetParametersForImport. */
export function wrap(publicKey, material) {
  const key = createPublicKey({ key: Buffer.from(publicKey), format: "der", type: "spki" });
  return publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" }, material);
}

/** Import key material (a Buffer of 32 bytes) into a KMS key, until a Date or for good, and give the key's ARN. */
export async function importKeyMaterial(kms, keyId, material, validTo) {
  const parameters = await kms.send(
    new GetParametersForImportCommand({ KeyId: keyId, WrappingAlgorithm: OAEP_SHA_256, WrappingKeySpec: "RSA_4096" }),
  );
  await kms.send(
    new ImportKeyMaterialCommand({
      KeyId: keyId,
      EncryptedKeyMaterial: wrap(member(parameters, "PublicKey"), material),
      ImportToken: member(parameters, "ImportToken"),
      ExpirationModel: validTo ? "KEY_MATERIAL_EXPIRES" : "KEY_MATERIAL_DOES_NOT_EXPIRE",
      ValidTo: validTo,
    }),
  );
  return member(parameters, "KeyId");
}
