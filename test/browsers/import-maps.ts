import { expect, test } from "vitest";
import type { ImportMap } from "../../src/api/flat.ts";
import { testPackage } from "../install/packages.ts";
import type { Trial } from "./trial.ts";

const MODULE = { type: "module", exports: { ".": "./index.js", "./more": "./lib/more.js" } };

/** Packages whose modules need a map: a bare import, a subpath, and an import of the package's own (`#inner`). */
const PACKAGES = [
  testPackage(
    "top@1.0.0",
    { ...MODULE, dependencies: { leaf: "1" }, imports: { "#inner": "./lib/inner.js" } },
    {
      "index.js":
        'import { leaf } from "leaf";\nimport inner from "#inner";\nexport const top = ["top", leaf, inner].join(" ");\n',
      "lib/inner.js": 'export default "inner";\n',
      "lib/more.js": 'export const more = "more";\n',
    },
  ),
  testPackage("leaf@1.0.0", MODULE, { "index.js": 'export const leaf = "leaf";\n', "lib/more.js": "export {};\n" }),
];

const SCRIPT = `import { top } from "top"; import { more } from "top/more"; globalThis.shown = top + " " + more;`;

interface Mapped {
  map: ImportMap;
  files: Record<string, string>;
}

function pageOf({ map }: Mapped): string {
  const json = JSON.stringify(map).replaceAll("<", "\\u003c");
  return `<!doctype html><script type="importmap">${json}</script><script type="module">${SCRIPT}</script>`;
}

/** Installs a flat tree, and runs a module of it by its import map. */
export function testImportMaps(trial: () => Trial): void {
  test("the modules of an installed flat tree run by its import map", async () => {
    const { stage, settings } = trial();
    const registry = stage.testRegistry();
    registry.publish(...PACKAGES);
    for (const [index, { isolated, mode }] of settings.entries()) {
      await using tab = await stage.tab({ isolated });
      const base = `/mapped${index}/`;
      const mapped: Mapped = await tab.call(
        async (bench, { base, ...given }) => {
          const installer = await bench.createInstaller(given);
          const packageJson = JSON.stringify({ name: "project", dependencies: { top: "1" } });
          const project = await installer.install(
            { files: { "package.json": packageJson } },
            { resolve: { strategy: "flat" } },
          );
          const map = await project.resolution!.importMap({ provider: project, base });
          const files: Record<string, string> = {};
          for (const path of project.paths())
            if (path.endsWith(".js")) files[path] = new TextDecoder().decode(await project.readFile(path));
          installer.dispose();
          return { map, files };
        },
        { mode, registry: registry.url, base },
      );
      for (const [path, text] of Object.entries(mapped.files)) stage.put(base.slice(1) + path, () => text);
      stage.put(`mapped${index}.html`, () => pageOf(mapped));
      await tab.goto(`/mapped${index}.html`);
      expect(await tab.evaluate("globalThis.shown")).toBe("top leaf inner more");
    }
  });
}
