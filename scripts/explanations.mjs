#!/usr/bin/env node
// Writes docs/explanations.md: the results of flat resolutions of the recorded projects. Checks each proof against the registry.
//
//   WEBHOIST_REGISTRY=DIR node scripts/explanations.mjs [--print]
//
// --print prints the page instead.
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { bundleEntry } from "./bundle-entry.mjs";
import { ROOT } from "./setup.mjs";

const registry = process.env.WEBHOIST_REGISTRY;
if (!registry) throw new Error("Set WEBHOIST_REGISTRY to a recorded registry's folder.");

const outDir = join(ROOT, "node_modules/.cache", `explanations-${process.pid}`);
try {
  const file = await bundleEntry("test/explain/flat-projects.ts", { platform: "node", outDir });
  const { FlatProjects, explanations } = await import(pathToFileURL(file).href);
  const text = await explanations(new FlatProjects(registry));
  if (process.argv.includes("--print")) process.stdout.write(text);
  else writeFileSync(join(ROOT, "docs/explanations.md"), text);
} finally {
  rmSync(outDir, { recursive: true, force: true });
}
