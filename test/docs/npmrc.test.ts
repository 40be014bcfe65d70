import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadNpmrc } from "../../src/registry/npmrc.ts";
import { READERS } from "../../src/registry/read-npmrc.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../docs/npmrc.md"), "utf8");

/** Returns the keys in the first column of a section's table. */
function keysOf(section: string): string[] {
  const text = PAGE.split(`## ${section}\n`)[1]?.split("\n## ")[0] ?? "";
  return [...text.matchAll(/^\| `([^`]+)` \|/gm)].map(([, key]) => key as string);
}

const REGISTRIES = ["registry", "@scope:registry"];

test("docs/npmrc.md lists the keys that are read, and no others", () => {
  expect(keysOf("Keys that count").sort()).toEqual([...READERS.keys(), ...REGISTRIES].sort());
});

test.each(keysOf("Keys that do not count"))("%s is a key of npm that has no effect here", async (key) => {
  const { warnings, options } = await loadNpmrc(`${key}=x`, {});
  const [warning] = warnings;
  const isCredential = key === "cert" || key === "key";
  expect(warning?.message).toContain(isCredential ? "credentials are ignored" : `have no effect here: ${key}.`);
  expect(options).toEqual({});
});
