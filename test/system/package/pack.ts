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
  /** A folder whose `node_modules` holds the packed package alone, as npm installs it. */
  consumer: string;
  /** Why there is neither. */
  problem: string;
}

/**
 * Pack what would be published (which builds it) and install it into an empty project. Where that fails, the package's
 * tests fail: an error thrown here would keep every other test from running.
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
