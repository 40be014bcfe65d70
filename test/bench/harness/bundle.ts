import { join } from "node:path";
import { rolldown } from "rolldown";

/** One file of JavaScript from a TypeScript entry and what it imports; Node's own modules stay imports. */
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
  /** Of the page under test. */
  page: string;
  /** Of the registry's process. */
  registry: string;
}

/** The two parts of the benchmark that do not run in the harness's process. */
export async function bundleScripts(root: string): Promise<Scripts> {
  const [page, registry] = await Promise.all([
    bundle(join(root, "test/bench/bench-page.ts"), "browser"),
    bundle(join(root, "test/bench/registry-process.ts"), "node"),
  ]);
  return { page, registry };
}
