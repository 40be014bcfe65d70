import { createInstaller } from "../../../web/index.ts";
import { PLATFORM } from "../../conformance/recorded.ts";
import { tarballPath, testPackage } from "../../install/packages.ts";
import { mutateJson } from "../json-mutation.ts";
import { BrokenLaw, faultOf } from "../laws.ts";
import type { Random } from "../random.ts";
import type { Target } from "../target.ts";
import type { Tree, Value } from "../value.ts";
import { LOCK_WORDS } from "../words.ts";
import { fetchOf, REGISTRY } from "../world.ts";

const PACKAGES = [
  testPackage("a@1.0.0", { bin: "index.js", dependencies: { b: "*" } }),
  testPackage(
    "b@2.0.0",
    { bundleDependencies: ["c"], dependencies: { c: "*" } },
    { "node_modules/c/package.json": '{"name":"c","version":"1.0.0"}' },
  ),
  testPackage("@s/d@1.0.0", { scripts: { install: "x" }, os: ["linux"] }),
];
const fetch = fetchOf({
  packuments: {},
  tarballs: Object.fromEntries(PACKAGES.map((one) => [tarballPath(one), one.bytes])),
});

const entry = (at: number, more: Tree = {}): Tree => {
  const { version, integrity, manifest } = PACKAGES[at] as (typeof PACKAGES)[number];
  const { dependencies, bin } = manifest as Tree;
  const resolved = REGISTRY + tarballPath(PACKAGES[at] as (typeof PACKAGES)[number]);
  return {
    version,
    resolved,
    integrity,
    ...(dependencies && { dependencies }),
    ...(bin && { bin: { a: bin } }),
    ...more,
  };
};

const LOCK: Tree = {
  name: "p",
  lockfileVersion: 3,
  requires: true,
  packages: {
    "": { name: "p", dependencies: { a: "1", "@s/d": "*", w: "*" }, workspaces: ["packages/*"] },
    "node_modules/a": entry(0),
    "node_modules/b": entry(1),
    "node_modules/b/node_modules/c": { version: "1.0.0", inBundle: true },
    "node_modules/@s/d": entry(2, { optional: true, os: ["linux"] }),
    "node_modules/w": { resolved: "packages/w", link: true },
    "packages/w": { version: "1.0.0", dependencies: { a: "1" } },
    "packages/w/node_modules/a": entry(0, { dev: true }),
  },
};

/** Installs from a changed lock, and reads what was installed. */
export const install: Target = {
  name: "install",
  perTest: 120,
  make: (random: Random): Value => ({
    lock: mutateJson(LOCK, random, LOCK_WORDS),
    omit: random.once(4) ? ["dev"] : [],
    sink: random.once(3),
  }),
  async run(input) {
    const { lock, omit, sink } = input as { lock: string; omit: "dev"[]; sink: boolean };
    const installer = await createInstaller({
      registry: REGISTRY,
      fetch,
      mode: "inline",
      platform: PLATFORM,
      retries: 0,
      cache: "none",
    });
    try {
      const installed = await installer.install(lock, { omit, ...(sink && { sink: new Map() }) });
      for (const warning of installed.report.warnings) {
        const fault = faultOf(warning);
        if (fault) throw new BrokenLaw(`a warning: ${fault}`);
      }
      for (const path of installed.paths().slice(0, 5)) {
        installed.lstat(path);
        await installed.readFile(path).catch((error: { code?: string }) => {
          if (error.code !== "EISDIR" && error.code !== "ENOENT") throw error;
        });
      }
      installed.glob("**/*.js");
      installed.resolveBin("a");
      JSON.parse(installed.lockfile);
      installed.dispose();
    } finally {
      installer.dispose();
    }
  },
};
