import { expect, test } from "vitest";
import { readCorpus } from "./corpus.ts";
import { check } from "./laws.ts";
import { targets } from "./targets.ts";

test.each(readCorpus())("$file no longer shows its fault", async ({ target: name, input }) => {
  const target = targets.find((one) => one.name === name);
  if (!target) throw new Error(`No target has the name ${name}`);
  expect((await check(target, input)).fault).toBeNull();
});
