import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { project } from "./consumer.ts";
import { packed } from "./packed.ts";
import { serveRegistry } from "./servers.ts";
import { EXPECTED, PACKAGE_JSON, placements } from "./small-project.ts";

const run = promisify(execFile);

/** Returns a module that resolves the small project and stores the lock in the global `result`. */
const main = (registry: string): string => `
import { createInstaller } from "webhoist";
const installer = await createInstaller({ registry: ${JSON.stringify(registry)}, mode: "inline" });
const { files } = await installer.resolve({ files: { "package.json": ${JSON.stringify(PACKAGE_JSON)} } });
globalThis.result = files["package-lock.json"];
`;

test("Node can import and use the package", async () => {
  await using registry = await serveRegistry();
  const folder = project("node", { "main.mjs": `${main(registry.base)}\nconsole.log(result);` });
  const { stdout } = await run(process.execPath, ["main.mjs"], { cwd: folder });
  expect(placements(stdout)).toEqual(EXPECTED);
});

test("the command that npm links resolves a project", async () => {
  await using registry = await serveRegistry();
  const folder = project("command", { "package.json": PACKAGE_JSON });
  const command = join(packed().consumer, "node_modules/.bin/webhoist");
  const { stdout } = await run(command, ["lock", "--registry", registry.base, "--stdout"], {
    cwd: folder,
    shell: process.platform === "win32",
  });
  expect(placements(stdout)).toEqual(EXPECTED);
});

test("TypeScript accepts a consumer and the package's own declarations", async () => {
  const folder = project("types", {
    "main.ts": `
import { createInstaller, InstallError } from "webhoist";
import type { Installer, Resolution } from "webhoist";
const installer: Installer = await createInstaller({ mode: "inline" });
const resolution: Resolution = await installer.resolve({ files: { "package.json": "{}" } }, { lockfileVersion: 3 });
const lock: string | undefined = resolution.files["package-lock.json"];
// @ts-expect-error there is no fourth lockfile version
await installer.resolve({ files: {} }, { lockfileVersion: 4 });
export const code = (error: unknown): string | undefined => (error instanceof InstallError ? error.code : lock);
`,
    "tsconfig.json": JSON.stringify({
      compilerOptions: {
        target: "ES2022",
        module: "NodeNext",
        lib: ["ES2022", "DOM"],
        types: [],
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        noEmit: true,
      },
    }),
  });
  const tsc = join(import.meta.dirname, "../../../node_modules/typescript/bin/tsc");
  const { stdout } = await run(process.execPath, [tsc, "-p", folder]).catch((error: { stdout: string }) => error);
  expect(stdout).toBe("");
});
