import { afterAll, expect, test } from "vitest";
import { createInstaller } from "../../../web/index.ts";
import { runCase } from "../../conformance/judge.ts";
import type { ConformanceCase } from "../../conformance/recorded.ts";
import type { Fault } from "../../support/registry/faults.ts";
import { answerOf } from "./answer.ts";
import { differences, type Plain } from "./differences.ts";
import { fetchCases } from "./packs.ts";
import { sharedInstallers } from "./shared-installer.ts";
import { MODES } from "./trial.ts";

// A failure or a warning of the network crosses threads before it reaches the caller.

/** A direct and an indirect dependency of the project. */
const DIRECT = "rxjs";
const INDIRECT = "d3-array";

const FAULTS: [title: string, code: string, fault: Fault][] = [
  ["a package that does not exist", "E404", { path: DIRECT, status: 404 }],
  ["a dependency that does not exist", "E404", { path: INDIRECT, status: 404 }],
  ["a package without permission", "E401", { path: DIRECT, status: 401 }],
  ["a forbidden package", "E403", { path: INDIRECT, status: 403 }],
  ["a registry with an internal error", "E500", { path: DIRECT, status: 500 }],
  ["a connection that fails", "E404", { path: INDIRECT, network: true }],
  ["an answer that a page may not read", "E404", { path: DIRECT, noCors: true }],
  ["a body that ends early, each time", "EUNREACHABLE", { path: DIRECT, cut: 100 }],
  ["a body that is not JSON", "EINVALIDPACKUMENT", { path: INDIRECT, body: "<!doctype html>" }],
  ["JSON that is not a packument", "EINVALIDPACKUMENT", { path: DIRECT, body: "[1, 2]" }],
  ["one failure before a success", "", { path: DIRECT, status: 503, times: 1 }],
];

const shared = sharedInstallers(createInstaller);

afterAll(() => shared[Symbol.asyncDispose]());

/** Runs a case with a fault in every mode. Returns the code of its failure, or `""` if it does not fail. */
async function codeOf(found: ConformanceCase, fault: Fault): Promise<string> {
  const answers: Plain[] = [];
  for (const mode of MODES) {
    const { given } = await runCase(shared.create, found, {
      // A fault object counts its matches.
      registry: { faults: [{ ...fault }] },
      installer: { mode, cache: "none", retries: 1 },
    });
    answers.push(answerOf(given));
  }
  const [inline, ...others] = answers;
  for (const other of others) expect(differences(inline, other)).toEqual([]);
  return (inline as { code?: string }).code ?? "";
}

test.each(FAULTS)("%s gives the same failure in every mode", async (_, code, fault) => {
  const [demo] = await fetchCases("projects");
  expect(await codeOf(demo!, fault)).toBe(code);
});

const BUNDLE = "@isaacs/testing-bundledeps/-/testing-bundledeps-1.0.0.tgz";

test.each<[title: string, code: string, fault: Fault]>([
  ["forged", "EINTEGRITY", { path: BUNDLE, body: "forged" }],
  ["missing", "E404", { path: BUNDLE, status: 404 }],
])("a tarball that is %s gives the same failure in every mode", async (_, code, fault) => {
  const cases = await fetchCases("arborist");
  const found = cases.find(({ name }) => name.endsWith("testing-bundledeps-empty"));
  expect(await codeOf(found!, fault)).toBe(code);
});
