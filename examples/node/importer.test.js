/** Run them with a mock of AWS KMS: pytest-kmsimport run -- npm test */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, beforeEach, test } from "node:test";

import { DecryptCommand, EncryptCommand, KMSClient, ListKeysCommand } from "@aws-sdk/client-kms";

import { createKey, importKeyMaterial, IncompleteAnswerError } from "./importer.js";

const kms = new KMSClient();
after(() => kms.destroy());

/** Ask the mock for something: its clock, planned faults, what was asked. */
async function control(resource, body) {
  const url = `${process.env.AWS_ENDPOINT_URL_KMS}/_kms_import/${resource}`;
  const answer = await fetch(url, body && { method: "POST", body: JSON.stringify(body) });
  const text = await answer.text();
  assert.ok(answer.ok, text);
  return JSON.parse(text);
}

beforeEach(() => control("reset", {}));

function encrypt(keyId) {
  return kms.send(new EncryptCommand({ KeyId: keyId, Plaintext: Buffer.from("payroll") }));
}

test("a KMS key works when its key material is there", async () => {
  const keyId = await createKey(kms);
  await assert.rejects(encrypt(keyId), { name: "KMSInvalidStateException" });
  assert.equal(await importKeyMaterial(kms, keyId, randomBytes(32)), keyId);
  const { CiphertextBlob } = await encrypt(keyId);
  const { Plaintext } = await kms.send(new DecryptCommand({ CiphertextBlob }));
  assert.equal(Buffer.from(Plaintext).toString(), "payroll");
});

test("key material that expires is imported again, and no other", async () => {
  const keyId = await createKey(kms);
  const material = randomBytes(32);
  const { now } = await control("clock");
  await importKeyMaterial(kms, keyId, material, new Date(Date.parse(now) + 12 * 3600 * 1000));
  await encrypt(keyId);

  await control("clock", { advance: { hours: 13 } });
  await assert.rejects(encrypt(keyId), { name: "KMSInvalidStateException" });
  await assert.rejects(importKeyMaterial(kms, keyId, randomBytes(32)), { name: "IncorrectKeyMaterialException" });
  await importKeyMaterial(kms, keyId, material);
  await encrypt(keyId);
});

test("an answer that is lost does no harm to an import", async () => {
  const keyId = await createKey(kms);
  await control("faults", { fault: "AnswerLost(ConnectionReset())", on: "ImportKeyMaterial", times: 1 });
  await importKeyMaterial(kms, keyId, randomBytes(32));
  await encrypt(keyId);

  const { calls } = await control("calls?operation=ImportKeyMaterial");
  assert.deepEqual(calls.map((call) => [call.attempts, call.effects]), [[2, 2]]);
});

test("an answer without a body is not taken for a KMS key", async () => {
  await control("faults", { fault: "EmptyBody()", on: "CreateKey", times: 1 });
  await assert.rejects(createKey(kms), IncompleteAnswerError);
  assert.equal((await kms.send(new ListKeysCommand())).Keys.length, 1); // it was made all the same
});

test("a truncated answer makes as many KMS keys as the SDK tries", async () => {
  await control("faults", { fault: "TruncatedBody()", on: "CreateKey" });
  await assert.rejects(createKey(kms), { message: /aborted/ });
  assert.equal((await kms.send(new ListKeysCommand())).Keys.length, 3);
});
