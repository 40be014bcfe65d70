import type { FileMap } from "../../src/api/common.ts";
import { type TestPackage, testPackage } from "./packages.ts";

// Runs in Node and in a page.

/** A small project and its packages. npm's tree of it is in fixtures/. */
export interface SmallProject {
  packages: readonly TestPackage[];
  files: FileMap;
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
const SHEBANG = "#!/usr/bin/env node";
/** Returns the path of a bundled package in a tarball. */
const inside = (at: string, fields: Record<string, unknown>): Record<string, string> => ({
  [`node_modules/${at}/package.json`]: JSON.stringify({
    name: at.split("node_modules/").at(-1),
    version: "1.0.0",
    ...fields,
  }),
});

const LOCAL = testPackage(
  "local@1.0.0",
  { bin: { local: "run.js" } },
  { "run.js": `${SHEBANG}\n`, "docs/a b.md": "#" },
);

export const PROJECTS: Readonly<Record<string, SmallProject>> = {
  odds: {
    packages: [
      testPackage("dup@1.0.0", { bin: { dup: "one.js" } }, { "one.js": `${SHEBANG}\n1;\n` }),
      testPackage("dup@2.0.0", { bin: { dup: "./bin/two.js" } }, { "bin/two.js": `${SHEBANG}\r\n2;\r\n` }),
      testPackage("needs@1.0.0", { dependencies: { dup: "1" } }),
      testPackage(
        "@scope/tool@1.0.0",
        { bin: "cli.js", dependencies: { dup: "2" } },
        { "cli.js": `${SHEBANG} --harmony\r\nconsole.log(1);\r\n`, ".npmrc": "a=b" },
      ),
      testPackage(
        "modes@1.0.0",
        { bin: { plain: "plain.js", missing: "missing.js", text: "text.txt" } },
        {
          "+x runs.sh": "#!/bin/sh\r\n",
          "plain.js": "no shebang\r\n",
          "text.txt": `${SHEBANG}\r\r\n`,
          empty: "",
          "deep/er/and/deeper/file": new Uint8Array([0, 255, 13, 10]),
          __proto__x: "x",
          constructor: "y",
        },
      ),
      testPackage(
        "bundler@1.0.0",
        { dependencies: { inner: "1", dup: "1" }, bundleDependencies: ["inner"] },
        {
          ...inside("inner", { bin: { inner: "i.js" }, dependencies: { deepest: "1" } }),
          "node_modules/inner/i.js": `${SHEBANG}\r\n`,
          ...inside("inner/node_modules/deepest", {}),
          "node_modules/inner/node_modules/deepest/+x": "",
        },
      ),
      testPackage("ignored@1.0.0", {}, { ".gitignore": "a", "lib/.gitignore": "b", "lib/.npmignore": "c" }),
      testPackage("mac@1.0.0", { os: ["darwin"], bin: "m.js" }, { "m.js": "" }),
      testPackage("dev@1.0.0", { scripts: { postinstall: "exit 1" }, dependencies: { dup: "2" } }),
      LOCAL,
    ],
    files: {
      "package.json": json({
        name: "odds",
        version: "1.0.0",
        dependencies: {
          dup: "2",
          needs: "1",
          "@scope/tool": "1",
          modes: "1",
          bundler: "1",
          ignored: "1",
          nick: "npm:dup@1",
          "@other/nick": "npm:@scope/tool@1",
          local: "file:libs/local.tgz",
        },
        devDependencies: { dev: "1" },
        optionalDependencies: { mac: "1" },
      }),
      "libs/local.tgz": LOCAL.bytes,
    },
  },
  workspaces: {
    packages: [
      testPackage("dup@1.0.0", { bin: { dup: "one.js" } }, { "one.js": `${SHEBANG}\n1;\n` }),
      testPackage("dup@2.0.0", { bin: { dup: "two.js" } }, { "two.js": `${SHEBANG}\n2;\n` }),
      testPackage("over@1.0.0", { dependencies: { dup: "2" } }),
    ],
    files: {
      "package.json": json({
        name: "workspaces",
        version: "1.0.0",
        workspaces: ["packages/*"],
        dependencies: { dup: "1", linked: "file:libs/linked" },
      }),
      "packages/x/package.json": json({
        name: "@w/x",
        version: "1.0.0",
        bin: "x.js",
        dependencies: { over: "1", dup: "2" },
      }),
      "packages/x/x.js": `${SHEBANG}\n`,
      "packages/y/package.json": json({ name: "y", version: "1.0.0", dependencies: { "@w/x": "*", dup: "1" } }),
      "libs/linked/package.json": json({
        name: "linked",
        version: "1.0.0",
        bin: { linked: "l.js" },
        dependencies: { dup: "2" },
      }),
      "libs/linked/l.js": "",
    },
  },
};
