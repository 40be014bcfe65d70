import { expect, test } from "vitest";
import type { FileMap } from "../../src/api/common.ts";
import { fakeRegistry } from "../support/fake-registry.ts";
import { failureOf } from "../support/outcome.ts";
import { resolveIn } from "../support/tree.ts";

const DEEP = 20_000;
const nested = (open: string, close: string): string => open.repeat(DEEP) + close.repeat(DEEP);

test.each<[string, string, FileMap]>([
  [
    "overrides",
    "ELIMIT",
    { "package.json": `{"dependencies":{"a":"1"},"overrides":${nested('{"a":', "}").replace(":}", ":{}}")}}` },
  ],
  [
    "an old lock",
    "ELIMIT",
    {
      "package.json": '{"dependencies":{"a":"1"}}',
      "package-lock.json": `{"lockfileVersion":1${nested(',"dependencies":{"a":{"version":"1.0.0"', "}}")}}`,
    },
  ],
])("%s that would exhaust the stack: %s", async (_, code, files) => {
  const failure = await failureOf(resolveIn(fakeRegistry({ "a@1.0.0": {} }), files));
  expect(failure.code).toBe(code);
});
