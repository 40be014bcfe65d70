import { join } from "node:path";
import { rolldown } from "rolldown";

/** Bundles a TypeScript entry into one JavaScript file. Node's modules stay imports. */
async function bundle(entry: string, platform: "node" | "browser"): Promise<string> {
  const build = await rolldown({ input: entry, platform, external: /^(node:|\/dist\/)/, logLevel: "silent" });
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

/** Bundles the two parts of a benchmark that run outside of the harness's process. `page`: the name of the page's script. */
export async function bundleScripts(root: string, page: string): Promise<Scripts> {
  const [pageScript, registry] = await Promise.all([
    bundle(join(root, `test/bench/${page}.ts`), "browser"),
    bundle(join(root, "test/bench/registry-process.ts"), "node"),
  ]);
  return { page: pageScript, registry };
}
