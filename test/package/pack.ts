import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { npm } from "../../scripts/npm-config.mjs";
import { ROOT } from "../../scripts/setup.mjs";

declare module "vitest" {
  interface ProvidedContext {
    /** The packed tarball. */
    tarball: string;
    /** A folder whose `node_modules` holds the packed package alone, as npm installs it. */
    consumer: string;
  }
}

/** Pack what would be published (which builds it) and install it into an empty project. */
export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "webhoist-package-"));
  const consumer = join(folder, "consumer");
  mkdirSync(consumer);
  if (npm(["pack", "--silent", "--pack-destination", folder], { cwd: ROOT, capture: true }).status !== 0) {
    throw new Error("npm pack failed");
  }
  const tarball = join(folder, readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "");
  writeFileSync(join(consumer, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  const install = ["install", tarball, "--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"];
  if (npm(install, { cwd: consumer, capture: true }).status !== 0) throw new Error("npm install failed");
  project.provide("tarball", tarball);
  project.provide("consumer", consumer);
  return () => rmSync(folder, { recursive: true, force: true });
}
