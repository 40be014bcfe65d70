import type { ImportMap } from "../../../src/api/flat.ts";
import type { InstalledProject } from "../../../src/api/install.ts";
import { createInstaller } from "../../../web/index.ts";
import { PLATFORM } from "../../conformance/recorded.ts";
import { packument, type TestPackage, tarballPath, testPackage } from "../../install/packages.ts";
import { mutateJson, mutateValue } from "../json-mutation.ts";
import { BrokenLaw, faultOf } from "../laws.ts";
import type { Random } from "../random.ts";
import type { Target } from "../target.ts";
import { mutateText } from "../text-mutation.ts";
import type { Tree, Value } from "../value.ts";
import { fetchOf, REGISTRY } from "../world.ts";
import { MANIFEST, WORDS as MODULE_WORDS, SCRIPTS } from "./modules.ts";

const BASE = "http://base/";

const OPTIONS: Tree = {
  base: "/files/",
  conditions: ["browser", "module"],
  commonjs: "wrap",
  integrity: true,
  omit: ["dev"],
};

const OPTION_WORDS = {
  keys: [...Object.keys(OPTIONS), "provider", "onWarning", "signal"],
  values: [
    "/",
    "./",
    "../x/",
    "",
    "x",
    "//h/",
    "http://base/x",
    "http://base/?x",
    "omit",
    "wrap",
    "dev",
    "optional",
    "peer",
    "import",
    "require",
    "node",
    "default",
    "types",
    ".",
    "0",
  ],
};

/** What packages contain besides their package.json. */
const MODULES = [
  ...SCRIPTS,
  'import "b"; export default 1;\n',
  'import "./b.js"; import "#a";\n',
  'exports.x = require("./b.js"); require("b/lib/a");\n',
  'module.exports = require("./a.js");\n',
  'export * from "a"; export * from "../index.js"; import("b/lib/" + x);\n',
  '{"a":1}',
  "",
];

interface Input {
  /** The package.json of each package in its tarball. */
  manifests: string[];
  modules: string[];
  options: Tree;
}

/** Makes import maps for installed packages with a changed package.json and changed modules, with changed options. */
export const importMap: Target = {
  name: "import-map",
  perTest: 150,
  make: (random: Random): Value => ({
    manifests: ["a", "b"].map((name) => mutateJson({ ...MANIFEST, name }, random, MODULE_WORDS)),
    modules: Array.from({ length: 3 }, () => {
      const script = random.pick(MODULES);
      return random.once(3) ? mutateText(script, random) : script;
    }),
    options: random.once(2) ? mutateValue(OPTIONS, random, OPTION_WORDS) : random.once(2) ? { commonjs: "wrap" } : {},
  }),
  async run(input) {
    const { manifests, modules, options } = input as unknown as Input;
    const packages = ["a", "b"].map((name, at) => packageOf(name, manifests[at] as string, modules));
    const installer = await createInstaller({
      registry: REGISTRY,
      fetch: fetchOf({
        packuments: Object.fromEntries(packages.map((one) => [one.name, JSON.stringify(packument([one], REGISTRY))])),
        tarballs: Object.fromEntries(packages.map((one) => [tarballPath(one), one.bytes])),
      }),
      mode: "inline",
      platform: PLATFORM,
      retries: 0,
      cache: "none",
    });
    try {
      const files = { "package.json": '{"dependencies":{"a":"1","b":"1"}}' };
      const resolution = await installer.resolve({ files, name: "project" });
      const project = await installer.install(resolution);
      const map = await resolution.importMap({
        onWarning: (warning) => {
          const fault = faultOf(warning);
          if (fault) throw new BrokenLaw(`a warning: ${fault}`);
        },
        ...(options as object),
        provider: project,
      });
      checkMap(map, project, String(options["base"] ?? "/"));
      project.dispose();
    } finally {
      installer.dispose();
    }
  },
};

function packageOf(name: string, manifest: string, [index = "", a = "", b = ""]: readonly string[]): TestPackage {
  const fields = name === "a" ? { dependencies: { b: "1" } } : {};
  return testPackage(`${name}@1.0.0`, fields, {
    "package.json": manifest,
    "index.js": index,
    "lib/a.js": a,
    "lib/b.js": b,
  });
}

/** Checks that every address of a map below its base leads to an installed file, or to a folder if it ends with a slash. */
function checkMap(map: ImportMap, project: InstalledProject, base: string): void {
  const start = new URL(base.endsWith("/") ? base : `${base}/`, BASE).href;
  const addresses = [map.imports, ...Object.values(map.scopes ?? {})].flatMap((entries) =>
    Object.values(entries ?? {}),
  );
  for (const address of [...addresses, ...Object.keys(map.integrity ?? {})]) {
    const { href } = new URL(address, BASE);
    if (href.startsWith("data:")) continue;
    if (!href.startsWith(start)) throw new BrokenLaw(`the map leads out of the project: ${address}`);
    const path = decodeURIComponent(href.slice(start.length)).replace(/\/$/, "");
    if (!project.exists(path)) throw new BrokenLaw(`the map leads to a file that does not exist: ${address}`);
  }
}
