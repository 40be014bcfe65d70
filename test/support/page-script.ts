import { fileURLToPath } from "node:url";
import { build } from "vite";

/**
 * Bundles a module and its imports into one script, for a page or a worker.
 * @param entry the module's URL
 * @param name the global variable that gets the module's exports
 * @param define constants to replace in the code
 */
export async function pageScript(entry: URL, name: string, define: Record<string, string> = {}): Promise<string> {
  const bundle = await build({
    configFile: false,
    logLevel: "silent",
    define,
    build: { write: false, minify: false, lib: { entry: fileURLToPath(entry), formats: ["iife"], name } },
  });
  const [output] = Array.isArray(bundle) ? bundle : [bundle];
  if (!output || !("output" in output)) throw new Error("The build has no output");
  return output.output[0].code;
}
