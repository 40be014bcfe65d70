import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { npm } from "../../../scripts/npm-config.mjs";
import { ROOT } from "../../../scripts/setup.mjs";

declare module "vitest" {
  interface ProvidedContext {
    packed: Packed;
  }
}

export interface Packed {
  /** The packed tarball. */
  tarball: string;
  /** A folder whose `node_modules` has only the packed package, installed by npm. */
  consumer: string;
  /** The reason why there is no package; empty if there is one. */
  problem: string;
}

/**
 * Packs the package, which also builds it, and installs it into an empty project. If that fails, only the tests of the package fail. An
 * error thrown here would stop all other tests too.
 */
export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "webhoist-package-"));
  const consumer = join(folder, "consumer");
  project.provide("packed", { consumer, ...pack(folder, consumer) });
  return () => rmSync(folder, { recursive: true, force: true });
}

function pack(folder: string, consumer: string): Omit<Packed, "consumer"> {
  if (npm(["pack", "--silent", "--pack-destination", folder], { cwd: ROOT, capture: true }).status !== 0) {
    return { tarball: "", problem: "npm pack failed" };
  }
  const tarball = join(folder, readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "");
  mkdirSync(consumer);
  writeFileSync(join(consumer, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  const install = ["install", tarball, "--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"];
  const { status } = npm(install, { cwd: consumer, capture: true });
  return { tarball, problem: status === 0 ? "" : "npm install failed" };
}
