import { readFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "node:util";
import { expect, test } from "vitest";
import { explain } from "../../src/explain/explain.ts";
import { createInstaller } from "../../web/index.ts";
import { type FakeManifest, fakeRegistry } from "../support/fake-registry.ts";

const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");

/** Returns the first block of code below a heading, and the first block of text. */
function example(heading: string): { code: string; prints: string } {
  const part = readme.slice(readme.indexOf(`\n## ${heading}\n`));
  const block = (kind: string): string => new RegExp(`\n\`\`\`${kind}\n([\\s\\S]*?)\`\`\``).exec(part)?.[1] ?? "";
  return { code: block("js"), prints: block("text") };
}

/** The packages of the example, with their published requirements. */
const REACT: Record<string, FakeManifest> = { "react@17.0.2": {}, "react@18.3.1": {}, "react@19.3.1": {} };
for (const version of ["18.0.0", "18.1.0", "18.2.0", "18.3.0", "18.3.1", "19.3.1"]) {
  REACT[`react-dom@${version}`] = {
    dependencies: { scheduler: version.startsWith("19") ? "^0.28.0" : "^0.23.0" },
    peerDependencies: { react: `^${version}` },
  };
}
REACT["scheduler@0.23.2"] = {};
REACT["scheduler@0.28.0"] = {};

test("the flat example of the README prints the text of the README", async () => {
  const { code, prints } = example("One version of each package");
  const lines: string[] = [];
  const { url, fetch } = fakeRegistry(REACT);
  const scope = {
    createInstaller: () => createInstaller({ registry: url, fetch, mode: "inline", cache: "none" }),
    explain,
    console: { log: (...words: unknown[]) => void lines.push(format(...words)) },
  };
  const body = code.replace(/^import .*\n/gm, "");
  const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor as FunctionConstructor;
  await AsyncFunction(...Object.keys(scope), body)(...Object.values(scope));
  expect(`${lines.join("\n")}\n`).toBe(prints);
});
