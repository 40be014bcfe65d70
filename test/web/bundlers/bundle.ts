import commonjs from "@rollup/plugin-commonjs";
import { build } from "esbuild";
import { rollup } from "rollup";
import type { InstalledProject } from "../../../src/api/install.ts";
import type { BundlerOptions } from "../../../src/modules/bundle.ts";
import { esbuildPlugin } from "../../../web/bundlers/esbuild.ts";
import { rollupPlugin } from "../../../web/bundlers/rollup.ts";

/** Bundles an entry (default main.js) with esbuild, and returns the text. */
export async function byEsbuild(
  project: InstalledProject,
  options: BundlerOptions,
  entry = "main.js",
): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    plugins: [esbuildPlugin(project, options)],
    bundle: true,
    write: false,
    outdir: "/out",
    format: "esm",
    logLevel: "silent",
  });
  return outputFiles.map(({ text }) => text).join("\n");
}

export async function byRollup(project: InstalledProject, options: BundlerOptions, entry = "main.js"): Promise<string> {
  const warnings: string[] = [];
  const bundle = await rollup({
    input: entry,
    plugins: [rollupPlugin(project, options), commonjs()],
    onwarn: ({ message }) => void warnings.push(message),
  });
  const { output } = await bundle.generate({ format: "es" });
  await bundle.close();
  if (warnings.length > 0) throw new Error(warnings.join("\n"));
  return output[0].code;
}

/** Runs a bundle, and returns its exports. */
export async function run(code: string): Promise<Record<string, unknown>> {
  const module: object = await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(code)}`);
  return { ...module };
}
