#!/usr/bin/env node
/**
 * node import-key.js MATERIAL [KEY_ID [VALID_TO]]
 *
 * Imports the 32 bytes in a file into a KMS key, which is made without KEY_ID, until a time such as
 * 2027-01-31T12:00:00Z, or for good. Prints the ARN of the KMS key.
 */

import { readFileSync } from "node:fs";

import { KMSClient } from "@aws-sdk/client-kms";

import { createKey, importKeyMaterial } from "./importer.js";

const [file, keyId, validTo] = process.argv.slice(2);
try {
  const material = readFileSync(file);
  if (material.length !== 32) {
    throw new Error(`${file} is no file of 32 bytes`);
  }
  const kms = new KMSClient();
  const target = keyId ?? (await createKey(kms));
  console.log(await importKeyMaterial(kms, target, material, validTo && new Date(validTo)));
} catch (error) {
  console.error(`import-key: ${error.name}: ${error.message}`);
  process.exitCode = 1;
}
