// Asks servers all at once, with a client of its own each, and prints what came of it, a line of JSON for each as it comes:
// node ask.cjs '[{"name": "…", "url": "http://…", "operation": "CreateKey", "members": {}, "options": {}}]'
"use strict";

const kms = require("@aws-sdk/client-kms");

async function ask({ name, url, operation, members, options }) {
  const client = new kms.KMSClient({ endpoint: url, ...options });
  try {
    const { $metadata, ...answer } = await client.send(new kms[`${operation}Command`](members));
    return { name, error: null, answered: Object.keys(answer), attempts: $metadata.attempts };
  } catch (error) {
    return { name, error: error.name, said: error.message, attempts: error.$metadata?.attempts };
  }
}

for (const call of JSON.parse(process.argv[2])) {
  ask(call).then((outcome) => console.log(JSON.stringify(outcome)));
}
