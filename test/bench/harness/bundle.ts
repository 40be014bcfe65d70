import { join } from "node:path";
import { rolldown } from "rolldown";

/** Bundles a TypeScript entry into one JavaScript file. Node's modules stay imports. */
async function bundle(entry: string, platform: "node" | "browser"): Promise<string> {
  const build = await rolldown({ input: entry, platform, external: /^node:/, logLevel: "silent" });
  try {
    const { output } = await build.generate({ format: "esm", codeSplitting: false });
    return output[0].code;
  } finally {
    await build.close();
  }
}

export interface Scripts {
  /** The script of the page under test. */
  page: string;
  /** The script of the registry's process. */
  registry: string;
}

/** Bundles the two parts of the benchmark that run outside of the harness's process. */
export async function bundleScripts(root: string): Promise<Scripts> {
  const [page, registry] = await Promise.all([
    bundle(join(root, "test/bench/bench-page.ts"), "browser"),
    bundle(join(root, "test/bench/registry-process.ts"), "node"),
  ]);
  return { page, registry };
}
