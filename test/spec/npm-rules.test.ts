import { expect, test } from "vitest";
import { type NpmRules, npmRules, unknownNpm } from "../../src/spec/npm-rules.ts";

const TWELVE: readonly (keyof NpmRules)[] = ["asksForScripts", "knowsLock4", "refusesGitAndUrls", "refusesUnknownKeys"];
const ELEVEN: readonly (keyof NpmRules)[] = ["readsShrinkwraps", "sparesOwnBundle", "turnsGitHttpsToSsh"];
const PEERS: readonly (keyof NpmRules)[] = ["skipsAbsentOptionalPeers", "refusesSpecsInRm"];
const EXCUSES: readonly (keyof NpmRules)[] = ["excusesFailedPeers"];

test.each<[string, readonly (keyof NpmRules)[]]>([
  ["11.10.0", ELEVEN],
  ["11.19.1", ELEVEN],
  ["11.20.0", [...ELEVEN, ...PEERS]],
  ["11.21.0", [...ELEVEN, ...PEERS]],
  ["11.21.1", [...ELEVEN, ...PEERS, ...EXCUSES]],
  ["11.99.0", [...ELEVEN, ...PEERS, ...EXCUSES]],
  ["12.0.0", TWELVE],
  ["12.0.2", TWELVE],
  ["12.1.0", [...TWELVE, ...PEERS]],
  ["12.2.0", [...TWELVE, ...PEERS]],
  ["12.2.1", [...TWELVE, ...PEERS, ...EXCUSES]],
  ["12.2.2", [...TWELVE, ...PEERS, ...EXCUSES]],
  ["13.0.0", [...TWELVE, ...PEERS, ...EXCUSES]],
  ["not a version", [...TWELVE, ...PEERS, ...EXCUSES]],
])("npm %s follows its own rules", (version, rules) => {
  const followed = Object.entries(npmRules(version)).flatMap(([name, holds]) => (holds ? name : []));
  expect(followed.sort()).toEqual([...rules].sort());
});

test.each([
  ["10.9.0", "older"],
  ["11.9.9", "older"],
  ["11.10.0", null],
  ["11.19.1", null],
  ["12.2.2", null],
  ["12.2.9", null],
  ["12.3.0", "newer"],
  ["13.0.0", "newer"],
])("npm %s is %s than the known ones", (version, known) => {
  expect(unknownNpm(version)).toBe(known);
});
