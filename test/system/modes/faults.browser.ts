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

// A failure or a warning that begins with the network is told by another thread than the one it ends in.

/** A package that the project wants itself, and one that comes along with it. */
const DIRECT = "rxjs";
const INDIRECT = "d3-array";

const FAULTS: [title: string, code: string, fault: Fault][] = [
  ["a package that is not there", "E404", { path: DIRECT, status: 404 }],
  ["a dependency that is not there", "E404", { path: INDIRECT, status: 404 }],
  ["no right to see it", "E401", { path: DIRECT, status: 401 }],
  ["forbidden", "E403", { path: INDIRECT, status: 403 }],
  ["a registry that is out of order", "E500", { path: DIRECT, status: 500 }],
  ["a connection that fails", "E404", { path: INDIRECT, network: true }],
  ["an answer that a page may not read", "E404", { path: DIRECT, noCors: true }],
  ["a body that ends early, each time", "EUNREACHABLE", { path: DIRECT, cut: 100 }],
  ["something that is no JSON", "EINVALIDPACKUMENT", { path: INDIRECT, body: "<!doctype html>" }],
  ["JSON that is no packument", "EINVALIDPACKUMENT", { path: DIRECT, body: "[1, 2]" }],
  ["one failure, then all is well", "", { path: DIRECT, status: 503, times: 1 }],
];

const shared = sharedInstallers(createInstaller);

afterAll(() => shared[Symbol.asyncDispose]());

/** Runs a case with a fault in every mode; the code it fails with everywhere, `""` when it does not. */
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

test.each(FAULTS)("%s: the same words in every mode", async (_, code, fault) => {
  const [demo] = await fetchCases("projects");
  expect(await codeOf(demo!, fault)).toBe(code);
});

const BUNDLE = "@isaacs/testing-bundledeps/-/testing-bundledeps-1.0.0.tgz";

test.each<[title: string, code: string, fault: Fault]>([
  ["somebody else's bytes", "EINTEGRITY", { path: BUNDLE, body: "forged" }],
  ["gone", "E404", { path: BUNDLE, status: 404 }],
])("a tarball that is %s: the same words in every mode", async (_, code, fault) => {
  const cases = await fetchCases("arborist");
  const found = cases.find(({ name }) => name.endsWith("testing-bundledeps-empty"));
  expect(await codeOf(found!, fault)).toBe(code);
});
