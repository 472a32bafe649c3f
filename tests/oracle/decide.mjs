// Answers questions to iam-simulate, one JSON object a line, each by a line: what it decides, or what it does not take.
import { createInterface } from "node:readline";
import { runSimulation } from "@cloud-copilot/iam-simulate";

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await runSimulation(JSON.parse(line), {});
  console.log(JSON.stringify({ decided: answer.overallResult, refused: answer.errors, ignored: answer.result?.ignoredContextKeys }));
}
