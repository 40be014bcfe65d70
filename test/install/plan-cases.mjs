// Small projects and their packages, for npm-answers.mjs.
//   packages   manifests by `name@version`; a bundled package has `bundles`: path below node_modules to manifest
//   files      the project's, package.json files as values
//   runs       options of `npm ci`, `{}` for none
// A package's `bin` files are there, unless the name has "missing" in it.

const native = (os, cpu, more = {}) => ({ os: [os], cpu: [cpu], ...more });

export const CASES = {
  bins: {
    packages: {
      "a@1.0.0": { bin: { tool: "cli.js", own: "bin/own.js" } },
      "b@1.0.0": { bin: { tool: "cli.js", b: "./b.js" }, dependencies: { a: "2" } },
      "a@2.0.0": { bin: { tool: "cli2.js", deep: "deep.js" } },
      "@s/c@1.0.0": { bin: "run.js" },
      "z@1.0.0": { bin: { tool: "cli.js", "../../climbs": "x.js", down: "../../../out.js", missing: "missing.js" } },
      "@a/first@1.0.0": { bin: { tool: "cli.js", "@scoped/name": "n.js" } },
      "Upper@1.0.0": { bin: { own: "upper.js" } },
      "folder@1.0.0": { bin: { folded: "lib/" }, extra: { "lib/index.js": "" } },
      "list@1.0.0": { bin: ["bin/listed.js", "bin/two.js"] },
    },
    files: {
      "package.json": {
        name: "bins",
        version: "1.0.0",
        bin: { rooted: "root.js" },
        dependencies: {
          a: "1",
          b: "1",
          "@s/c": "1",
          z: "1",
          "@a/first": "1",
          Upper: "1",
          folder: "1",
          list: "1",
          nick: "npm:a@2",
          "@s/other": "npm:@s/c@1",
        },
      },
      "root.js": "",
    },
    runs: [{}],
  },
  workspaces: {
    packages: {
      "a@1.0.0": { bin: { tool: "cli.js" } },
      "a@2.0.0": { bin: { tool: "cli.js" } },
      "a@3.0.0": { bin: { tool: "cli.js" }, dependencies: { o: "3" } },
      "o@3.0.0": {},
      "d@1.0.0": { dependencies: { e: "1" } },
      "e@1.0.0": {},
      "e@2.0.0": { bin: "e.js" },
      "o@1.0.0": {},
      "o@2.0.0": {},
    },
    files: {
      "package.json": {
        name: "work",
        version: "1.0.0",
        workspaces: ["packages/*", "packages/x/inner"],
        dependencies: { a: "1" },
        devDependencies: { e: "2" },
        optionalDependencies: { o: "1" },
      },
      "packages/x/package.json": {
        name: "@w/x",
        version: "1.0.0",
        bin: { tool: "x.js", xx: "x.js" },
        dependencies: { a: "2", "@w/y": "*" },
        devDependencies: { d: "1" },
        optionalDependencies: { o: "2" },
      },
      "packages/x/x.js": "#!/usr/bin/env node\n",
      "packages/x/inner/package.json": { name: "inner", version: "1.0.0", dependencies: { a: "3", e: "1" } },
      "packages/y/package.json": { name: "@w/y", version: "1.0.0", bin: "y.js", devDependencies: { e: "1" } },
      "packages/y/y.js": "",
    },
    runs: [{}, { omit: ["dev"] }, { omit: ["optional"] }, { omit: ["dev", "optional"] }],
  },
  folders: {
    packages: {
      "a@1.0.0": { bin: { tool: "cli.js" } },
      "a@2.0.0": { bin: { tool: "cli.js" } },
      "carrier@1.0.0": {
        dependencies: { inside: "file:./vendored", a: "2" },
        extra: {
          "vendored/package.json": `{"name":"inside","version":"1.0.0","bin":"i.js","dependencies":{"a":"2"}}`,
          "vendored/i.js": "",
        },
      },
    },
    files: {
      "package.json": {
        name: "folders",
        version: "1.0.0",
        dependencies: { a: "1", linked: "file:libs/linked", carrier: "1" },
        devDependencies: { other: "file:libs/other" },
      },
      "libs/linked/package.json": {
        name: "linked",
        version: "1.0.0",
        bin: { tool: "l.js", linked: "l.js" },
        dependencies: { a: "2" },
        devDependencies: { carrier: "1" },
      },
      "libs/linked/l.js": "",
      "libs/other/package.json": { name: "other-name", version: "1.0.0", bin: "o.js", dependencies: { a: "2" } },
      "libs/other/o.js": "",
    },
    runs: [{}, { omit: ["dev"] }],
  },
  bundled: {
    packages: {
      "b@1.0.0": {
        dependencies: { in1: "1", out: "1" },
        bundleDependencies: ["in1"],
        bundles: {
          in1: { name: "in1", version: "1.0.0", bin: { in1: "cli.js" }, dependencies: { in2: "1" } },
          in2: { name: "in2", version: "1.0.0", bin: { tool: "cli.js" } },
          "in1/node_modules/in3": { name: "in3", version: "1.0.0" },
        },
      },
      "in1@1.0.0": { dependencies: { in2: "1" } },
      "in2@1.0.0": {},
      "in2@2.0.0": { bin: { tool: "cli.js" } },
      "out@1.0.0": { dependencies: { in2: "2" } },
      "own@1.0.0": { bin: "own.js", dependencies: { out: "1" } },
    },
    files: {
      "package.json": {
        name: "bundler",
        version: "1.0.0",
        dependencies: { b: "1", own: "1", in2: "2" },
        bundleDependencies: ["own"],
      },
    },
    runs: [{}],
  },
  "bundled-optional": {
    full: true,
    packages: {
      "b@1.0.0": {
        dependencies: { in1: "1" },
        optionalDependencies: { mac: "1" },
        bundleDependencies: ["in1", "mac"],
        bundles: {
          in1: { name: "in1", version: "1.0.0", bin: { in1: "cli.js" } },
          mac: { name: "mac", version: "1.0.0", os: ["darwin"], bin: { mac: "cli.js" } },
        },
      },
      "in1@1.0.0": {},
      "mac@1.0.0": { os: ["darwin"] },
    },
    files: {
      "package.json": {
        name: "bundled-optional",
        version: "1.0.0",
        devDependencies: { b: "1" },
      },
    },
    runs: [{}, { omit: ["optional"] }, { omit: ["dev"] }, { os: "darwin" }],
  },
  "bundled-workspace": {
    full: true,
    packages: { "in2@1.0.0": {}, "in2@2.0.0": { bin: "in2.js" } },
    files: {
      "package.json": { name: "bundled-workspace", version: "1.0.0", workspaces: ["ws"], dependencies: { in2: "2" } },
      "ws/package.json": {
        name: "ws",
        version: "1.0.0",
        dependencies: { in2: "1" },
        bundleDependencies: ["in2"],
      },
    },
    runs: [{}],
  },
  platforms: {
    packages: {
      "tool@1.0.0": {
        optionalDependencies: {
          "tool-linux-x64": "1",
          "tool-linux-x64-musl": "1",
          "tool-darwin-arm64": "1",
          "tool-wasm32": "1",
          "tool-not-win": "1",
        },
      },
      "tool-linux-x64@1.0.0": native("linux", "x64", { libc: ["glibc"], bin: { native: "bin.js" } }),
      "tool-linux-x64-musl@1.0.0": native("linux", "x64", { libc: ["musl"] }),
      "tool-darwin-arm64@1.0.0": native("darwin", "arm64", {
        bin: { native: "bin.js" },
        dependencies: { helper: "1" },
      }),
      "tool-wasm32@1.0.0": {
        cpu: ["wasm32"],
        dependencies: { runtime: "1" },
        bundleDependencies: ["runtime"],
        bundles: { runtime: { name: "runtime", version: "1.0.0" } },
      },
      "runtime@1.0.0": {},
      "tool-not-win@1.0.0": { os: ["!win32"] },
      "helper@1.0.0": { dependencies: { shared: "1", deep: "1" } },
      "shared@1.0.0": {},
      "deep@1.0.0": { bin: "deep.js" },
      // An optional package that needs one for another platform is left out with it.
      "wants-mac@1.0.0": { dependencies: { "only-mac": "1", deep: "1", shared: "1" } },
      "only-mac@1.0.0": { os: ["darwin"] },
      "needs-node@1.0.0": { engines: { node: ">=999" } },
      "anything@1.0.0": { os: ["any"], dependencies: { shared: "1" } },
      "peery@1.0.0": {
        peerDependencies: { "only-mac": "1" },
        peerDependenciesMeta: { "only-mac": { optional: true } },
      },
    },
    files: {
      "package.json": {
        name: "platforms",
        version: "1.0.0",
        dependencies: { tool: "1", anything: "1", peery: "1" },
        optionalDependencies: { "wants-mac": "1", "needs-node": "1" },
      },
    },
    runs: [
      {},
      { os: "linux", cpu: "x64", libc: "glibc" },
      { os: "linux", cpu: "x64", libc: "musl" },
      { os: "darwin", cpu: "arm64" },
      { os: "linux", cpu: "wasm32", libc: "none" },
      { os: "win32", cpu: "x64" },
      { omit: ["optional"] },
    ],
  },
  omits: {
    packages: {
      "p@1.0.0": { dependencies: { both: "1" }, peerDependencies: { peer: "1" } },
      "dev@1.0.0": { dependencies: { both: "1", "dev-opt": "1", "dev-only": "1" }, bin: "dev.js" },
      "opt@1.0.0": { dependencies: { "dev-opt": "1", "opt-only": "1" }, peerDependencies: { peer2: "1" } },
      "both@1.0.0": {},
      "dev-opt@1.0.0": {},
      "dev-only@1.0.0": { dependencies: { "dev-opt": "2" } },
      "dev-opt@2.0.0": {},
      "opt-only@1.0.0": { bin: "o.js" },
      "peer@1.0.0": { dependencies: { "under-peer": "1" } },
      "under-peer@1.0.0": {},
      "peer2@1.0.0": {},
    },
    files: {
      "package.json": {
        name: "omits",
        version: "1.0.0",
        dependencies: { p: "1" },
        devDependencies: { dev: "1" },
        optionalDependencies: { opt: "1" },
      },
    },
    runs: [
      {},
      { omit: ["dev"] },
      { omit: ["optional"] },
      { omit: ["peer"] },
      { omit: ["dev", "optional"] },
      { omit: ["dev", "peer"] },
      { omit: ["dev", "optional", "peer"] },
    ],
  },
  mac: {
    packages: { "only-mac@1.0.0": { os: ["darwin"] } },
    files: {
      "package.json": { name: "mac", version: "1.0.0", devDependencies: { "only-mac": "1" } },
    },
    runs: [{}, { omit: ["dev"] }, { os: "darwin" }],
  },
  "no-resolved": {
    config: ["--omit-lockfile-registry-resolved"],
    packages: { "a@1.0.0": { bin: "a.js", dependencies: { "@s/b": "1" } }, "@s/b@1.0.0": {} },
    files: { "package.json": { name: "no-resolved", version: "1.0.0", dependencies: { a: "1", nick: "npm:@s/b@1" } } },
    runs: [{}],
  },
  "version-2": {
    config: ["--lockfile-version=2"],
    packages: { "a@1.0.0": { bin: "a.js", dependencies: { b: "1" } }, "b@1.0.0": {} },
    files: {
      // Indented by four blanks: the lock keeps that.
      "package.json": `{\n    "name": "version-2",\n    "version": "1.0.0",\n    "dependencies": { "a": "1" }\n}\n`,
    },
    runs: [{}],
  },
  "local-tarball": {
    packages: { "a@1.0.0": {}, "packed@1.0.0": { bin: "p.js", dependencies: { a: "1" } } },
    files: {
      "package.json": { name: "local", version: "1.0.0", dependencies: { packed: "file:vendor/packed.tgz" } },
    },
    tarballs: { "vendor/packed.tgz": "packed@1.0.0" },
    runs: [{}],
  },
};

/** Real projects, with the locks that were recorded. */
export const RECORDED = [
  { project: "vite-react-ts", command: "install", options: {} },
  { project: "vite-react-ts", command: "install", options: { omit: ["dev"] } },
  { project: "vite-react-ts", command: "install", options: { os: "linux", cpu: "wasm32", libc: "none" } },
  { project: "create-react-app", options: {} },
  { project: "create-react-app", options: { omit: ["dev", "optional", "peer"] } },
];
