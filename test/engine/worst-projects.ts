import type { FileMap } from "../../src/api/common.ts";
import type { ResolveOptions } from "../../src/api/resolve.ts";

/** A generated project, and the packuments that it needs. */
export interface WorstProject {
  readonly files: FileMap;
  readonly documents: ReadonlyMap<string, object>;
  readonly options?: ResolveOptions;
}

type Manifest = Record<string, unknown>;

/** Returns an integrity that only this package version has: npm takes packages of one name and integrity for the same. */
function integrityOf(id: string): string {
  return `sha512-${btoa(id.padEnd(64, ".").slice(0, 64))}`;
}

/** Makes packuments of manifests by `name@version`. */
export function documentsOf(packages: Readonly<Record<string, Manifest>>): Map<string, object> {
  const documents = new Map<string, { name: string; "dist-tags": Manifest; versions: Record<string, Manifest> }>();
  for (const [id, fields] of Object.entries(packages)) {
    const at = id.lastIndexOf("@");
    const [name, version] = [id.slice(0, at), id.slice(at + 1)];
    const document = documents.get(name) ?? { name, "dist-tags": {}, versions: {} };
    const tarball = `http://registry.local/${name}/-/${name}-${version}.tgz`;
    document["dist-tags"] = { latest: version };
    document.versions[version] = { name, version, dist: { tarball, integrity: integrityOf(id) }, ...fields };
    documents.set(name, document);
  }
  return documents;
}

const range = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

/** Returns an object with `count` entries. */
export function record<T>(count: number, entry: (at: number) => [string, T]): Record<string, T> {
  return Object.fromEntries(range(count).map(entry));
}

function project(
  manifest: object,
  packages: Record<string, Manifest>,
  more: { files?: FileMap; options?: ResolveOptions } = {},
): WorstProject {
  return {
    files: { "package.json": JSON.stringify({ name: "project", version: "1.0.0", ...manifest }), ...more.files },
    documents: documentsOf(packages),
    ...(more.options && { options: more.options }),
  };
}

/** A lock whose packages depend on each other in a row. `order` sorts the numbers of its entries. */
function lockOf(entries: Record<string, object>, dependencies: object): string {
  const root = { name: "project", version: "1.0.0", dependencies };
  return JSON.stringify({ name: "project", lockfileVersion: 3, requires: true, packages: { "": root, ...entries } });
}

const locked = (at: number, count: number): [string, object] => [
  `node_modules/a${at}`,
  {
    version: "1.0.0",
    resolved: `http://registry.local/a${at}/-/a${at}-1.0.0.tgz`,
    integrity: integrityOf(`a${at}@1.0.0`),
    ...(at + 1 < count && { dependencies: { [`a${at + 1}`]: "1" } }),
  },
];

const inRow = (count: number, more: (at: number) => Manifest = () => ({})): Record<string, Manifest> =>
  record(count, (at) => [
    `a${at}@1.0.0`,
    { ...(at + 1 < count && { dependencies: { [`a${at + 1}`]: "1" } }), ...more(at) },
  ]);

const nestedRules = (depth: number): object => {
  let rules: object = { y: "1.0.0" };
  for (let at = 0; at < depth; at++) rules = { [`o${at}`]: rules };
  return rules;
};

/** Worst cases for each phase of npm's strategy, each for a size. */
export const WORST_PROJECTS: Readonly<Record<string, (size: number) => WorstProject>> = {
  "packages in a row": (size) => project({ dependencies: { a0: "1" } }, inRow(size)),
  "one dependent of many": (size) =>
    project(
      { dependencies: record(size, (at) => [`a${at}`, "1"]) },
      record(size, (at) => [`a${at}@1.0.0`, {}]),
    ),
  "many dependents of one, half of which need a copy of their own": (size) =>
    project(
      { dependencies: record(size, (at) => [`a${at}`, "1"]) },
      {
        ...record(size, (at): [string, Manifest] => [`a${at}@1.0.0`, { dependencies: { hub: String(1 + (at % 2)) } }]),
        "hub@2.0.0": { dependencies: { leaf: "1" } },
        "hub@1.0.0": { dependencies: { leaf: "1" } },
        "leaf@1.0.0": {},
      },
    ),
  "copies of one package nested in each other": (size) =>
    project(
      { dependencies: { x: "0.0.0", y: "0.0.0" } },
      {
        ...record(size, (at) => [`x@${at}.0.0`, { dependencies: { y: `${at + 1}.0.0` } }]),
        ...record(size + 1, (at) => [`y@${at}.0.0`, at < size - 1 ? { dependencies: { x: `${at + 1}.0.0` } } : {}]),
      },
    ),
  "every dependent needs another version": (size) =>
    project(
      { dependencies: record(size, (at) => [`a${at}`, "1"]) },
      {
        ...record(size, (at): [string, Manifest] => [`a${at}@1.0.0`, { dependencies: { x: `1.0.${at}` } }]),
        ...record(size, (at) => [`x@1.0.${at}`, {}]),
      },
    ),
  "packages that all depend on each other": (size) => {
    const side = Math.ceil(Math.sqrt(size));
    return project(
      { dependencies: { a0: "1" } },
      record(side, (at) => [`a${at}@1.0.0`, { dependencies: record(side, (to) => [`a${to}`, "1"]) }]),
    );
  },
  "peers of each other": (size) => {
    const side = Math.min(150, Math.ceil(Math.sqrt(size)));
    const peersOf = (own: number): Manifest => {
      const { [`a${own}`]: _, ...peers } = record(side, (to) => [`a${to}`, "*"]);
      return { peerDependencies: peers };
    };
    return project(
      { dependencies: { a0: "1" } },
      record(side, (at) => [`a${at}@1.0.0`, peersOf(at)]),
    );
  },
  "many peers of one package": (size) =>
    project(
      { dependencies: { a: "1" } },
      {
        "a@1.0.0": { peerDependencies: record(Math.min(size, 1_900), (at) => [`p${at}`, "1"]) },
        ...record(size, (at) => [`p${at}@1.0.0`, {}]),
      },
    ),
  "many packages with one peer": (size) =>
    project(
      { dependencies: { host: "1", ...record(size, (at) => [`a${at}`, "1"]) } },
      { ...record(size, (at) => [`a${at}@1.0.0`, { peerDependencies: { host: "1" } }]), "host@1.0.0": {} },
    ),
  "many peer sets that conflict": (size) =>
    project(
      { dependencies: record(size, (at) => [`a${at}`, "1"]) },
      {
        ...record(size, (at): [string, Manifest] => [`a${at}@1.0.0`, { dependencies: { [`b${at}`]: "1", host: "2" } }]),
        ...record(size, (at): [string, Manifest] => [`b${at}@1.0.0`, { peerDependencies: { host: "1" } }]),
        "host@1.0.0": {},
        "host@2.0.0": {},
      },
    ),
  "optional peers that are not satisfied": (size) =>
    project(
      { dependencies: { host: "2", ...record(size, (at) => [`a${at}`, "1"]) } },
      {
        ...record(size, (at) => [
          `a${at}@1.0.0`,
          { peerDependencies: { host: "1" }, peerDependenciesMeta: { host: { optional: true } } },
        ]),
        "host@2.0.0": {},
        "host@1.0.0": {},
      },
    ),
  "an optional row that fails at its end": (size) =>
    project(
      { optionalDependencies: { a0: "1" } },
      inRow(size, (at) => (at + 1 === size ? { dependencies: { gone: "1" } } : {})),
    ),
  "optional packages that fail, with common dependencies": (size) =>
    project(
      { optionalDependencies: record(size, (at) => [`o${at}`, "1"]), dependencies: { a0: "1" } },
      {
        ...record(size, (at) => [`o${at}@1.0.0`, { os: ["none"], dependencies: { a0: "1" } }]),
        ...inRow(Math.ceil(Math.sqrt(size))),
      },
    ),
  "deprecated packages": (size) =>
    project(
      { dependencies: { a0: "1" } },
      inRow(size, () => ({ deprecated: "old" })),
    ),
  "a conflict below layers of dependents": (size) => {
    const side = Math.ceil(Math.sqrt(size));
    const layers = record(6 * side, (at): [string, Manifest] => {
      const layer = Math.floor(at / side);
      const below = layer === 5 ? { plugin: "1", host: "2" } : record(side, (to) => [`l${layer + 1}x${to}`, "1"]);
      return [`l${layer}x${at % side}@1.0.0`, { dependencies: below }];
    });
    return project(
      { dependencies: record(side, (at) => [`l0x${at}`, "1"]) },
      { ...layers, "plugin@1.0.0": { peerDependencies: { host: "1" } }, "host@1.0.0": {}, "host@2.0.0": {} },
    );
  },
  "many overrides": (size) =>
    project({ dependencies: { a0: "1" }, overrides: record(size, (at) => [`a${at + 1}`, "1.0.0"]) }, inRow(size)),
  "many overrides with rules for one package": (size) =>
    project(
      {
        dependencies: record(size, (at) => [`a${at}`, "1"]),
        overrides: record(size, (at) => [`a${at}`, { leaf: `1.0.${at % 2}` }]),
      },
      {
        ...record(size, (at): [string, Manifest] => [`a${at}@1.0.0`, { dependencies: { hub: "1" } }]),
        "hub@1.0.0": { dependencies: { leaf: "1" } },
        "leaf@1.0.0": {},
        "leaf@1.0.1": {},
      },
    ),
  "overrides in a row of packages": (size) =>
    project(
      {
        dependencies: { a0: "1", z: "1" },
        overrides: { z: { last: "1.0.0" } },
      },
      { ...inRow(size), "z@1.0.0": { dependencies: { a0: "1" } } },
    ),
  "nested overrides": (size) => {
    // A package.json nests 500 levels at most.
    const depth = size / 3;
    return project(
      { dependencies: { a0: "1", y: "1" }, overrides: nestedRules(depth) },
      { ...inRow(size), "y@1.0.0": {} },
    );
  },
  workspaces: (size) => {
    const side = Math.min(1_000, size);
    return project({ workspaces: ["packages/*"] }, inRow(side), {
      files: record(side, (at) => [
        `packages/w${at}/package.json`,
        JSON.stringify({
          name: `w${at}`,
          version: "1.0.0",
          dependencies: { [`a${at}`]: "1", [`w${(at + 1) % side}`]: "1" },
        }),
      ]),
    });
  },
  "a lock": (size) =>
    project(
      { dependencies: { a0: "1" } },
      {},
      {
        files: {
          "package-lock.json": lockOf(
            record(size, (at) => locked(at, size)),
            { a0: "1" },
          ),
        },
      },
    ),
  "a lock with an entry that is missing": (size) =>
    project(
      { dependencies: { a0: "1", b: "1" } },
      { "b@1.0.0": {} },
      {
        files: {
          "package-lock.json": lockOf(
            record(size, (at) => locked(at, size)),
            { a0: "1" },
          ),
        },
      },
    ),
  "a lock that nests, inner entries first": (size) => {
    // A location has 4,096 characters at most.
    const depth = Math.min(200, size);
    const entries: [string, object][] = range(depth).map((at) => [
      range(at + 1)
        .map((level) => `node_modules/x${level}`)
        .join("/"),
      { version: "1.0.0", ...(at + 1 < depth && { dependencies: { [`x${at + 1}`]: "1" } }) },
    ]);
    const packages = record(depth, (at) => [`x${at}@1.0.0`, {}]);
    return project({ dependencies: { x0: "1" } }, packages, {
      files: { "package-lock.json": lockOf(Object.fromEntries(entries.reverse()), { x0: "1" }) },
    });
  },
  "a lock with folders of the project": (size) =>
    project(
      { dependencies: { a0: "1" } },
      {},
      {
        files: {
          "package-lock.json": lockOf(
            {
              ...record(size, (at) => [`folders/f${at}`, { version: "1.0.0" }]),
              ...Object.fromEntries([locked(0, 1)]),
            },
            { a0: "1" },
          ),
        },
      },
    ),
  "a lock whose packages are extraneous": (size) =>
    project(
      {},
      {},
      {
        files: {
          "package-lock.json": lockOf(
            record(size, (at) => locked(at, size)),
            {},
          ),
        },
      },
    ),
  "a lock of version 1": (size) =>
    project({ dependencies: { a0: "1" } }, inRow(size), {
      files: {
        "package-lock.json": JSON.stringify({
          name: "project",
          version: "1.0.0",
          lockfileVersion: 1,
          requires: true,
          dependencies: record(size, (at) => [
            `a${at}`,
            {
              version: "1.0.0",
              integrity: integrityOf(`a${at}@1.0.0`),
              ...(at + 1 < size && { requires: { [`a${at + 1}`]: "1" } }),
            },
          ]),
        }),
      },
    }),
  "a lock of version 2 to write": (size) =>
    project({ dependencies: { a0: "1" } }, inRow(size), { options: { lockfileVersion: 2 } }),
  "a row in a project that bundles": (size) =>
    project({ dependencies: { a0: "1" }, bundleDependencies: ["b"] }, inRow(size)),
  "an update of everything": (size) =>
    project(
      { dependencies: record(size, (at) => [`a${at}`, "1"]) },
      record(size, (at) => [`a${at}@1.0.0`, {}]),
      {
        options: { update: true, save: true },
        files: {
          "package-lock.json": lockOf(
            record(size, (at) => locked(at, 0)),
            record(size, (at) => [`a${at}`, "1"]),
          ),
        },
      },
    ),
  "an update of one name with many dependents": (size) =>
    project(
      { dependencies: record(size, (at) => [`a${at}`, "1"]) },
      {
        ...record(size, (at): [string, Manifest] => [`a${at}@1.0.0`, { dependencies: { hub: "1" } }]),
        "hub@1.0.0": {},
        "hub@1.1.0": {},
      },
      {
        options: { update: ["hub"] },
        files: {
          "package-lock.json": lockOf(
            {
              ...record(size, (at) => [
                `node_modules/a${at}`,
                {
                  version: "1.0.0",
                  resolved: `http://registry.local/a${at}/-/a${at}-1.0.0.tgz`,
                  integrity: integrityOf(`a${at}@1.0.0`),
                  dependencies: { hub: "1" },
                },
              ]),
              "node_modules/hub": {
                version: "1.0.0",
                resolved: "http://registry.local/hub/-/hub-1.0.0.tgz",
                integrity: integrityOf("hub@1.0.0"),
              },
            },
            record(size, (at) => [`a${at}`, "1"]),
          ),
        },
      },
    ),
  "a package that many others replace": (size) =>
    project(
      { dependencies: { hub: "*", ...record(size, (at) => [`a${at}`, "1"]) } },
      {
        ...record(size, (at): [string, Manifest] => [
          `a${at}@1.0.0`,
          { dependencies: { hub: `>=1.0.0 <=1.0.${size - at}` } },
        ]),
        ...record(size + 1, (at) => [`hub@1.0.${at}`, {}]),
      },
    ),
};
