import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { PLACEHOLDER } from "../support/registry/snapshot.ts";
import { fakeTarball } from "../support/tarball.ts";

/** A project of two packages, and an optional one for another platform, whose tarball is missing. */
export interface Tiny {
  /** The project's folder, with npm's lock. */
  project: string;
  /** The folder of its registry. */
  snapshot: string;
}

const files = (name: string): Record<string, unknown> => ({
  "package.json": { name, version: "1.0.0" },
  "lib/index.js": `export default ${JSON.stringify(name)};\n`,
  "README.md": `# ${name}\n`,
});

const TARBALLS = { a: fakeTarball(files("a")), b: fakeTarball(files("b")), mac: fakeTarball(files("mac")) };
type Name = keyof typeof TARBALLS;

const urlOf = (name: Name): string => `${PLACEHOLDER}${name}/-/${name}-1.0.0.tgz`;

function packument(name: Name, more: object): unknown {
  const dist = { tarball: urlOf(name), integrity: TARBALLS[name].integrity };
  return { name, "dist-tags": { latest: "1.0.0" }, versions: { "1.0.0": { name, version: "1.0.0", dist, ...more } } };
}

const locked = (name: Name): object => ({
  version: "1.0.0",
  resolved: urlOf(name),
  integrity: TARBALLS[name].integrity,
});

const A = { dependencies: { b: "^1.0.0" }, optionalDependencies: { mac: "^1.0.0" } };
const DEPENDENCIES = { a: "^1.0.0" };

export const TINY_LOCK = {
  name: "tiny",
  lockfileVersion: 3,
  requires: true,
  packages: {
    "": { name: "tiny", dependencies: DEPENDENCIES },
    "node_modules/a": { ...locked("a"), ...A },
    "node_modules/b": locked("b"),
    "node_modules/mac": { ...locked("mac"), optional: true, os: ["darwin"] },
  },
};

function write(file: string, content: string | Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

export function writeTiny(folder: string): Tiny {
  const [project, snapshot] = [join(folder, "tiny"), join(folder, "snapshot")];
  const packuments = { a: A, b: {}, mac: { os: ["darwin"] } };
  for (const [name, more] of Object.entries(packuments)) {
    const text = JSON.stringify(packument(name as Name, more));
    write(join(snapshot, "packuments", `${name}.json.gz`), gzipSync(text));
  }
  for (const name of ["a", "b"] as const) {
    write(join(snapshot, "tarballs", name, `${name}-1.0.0.tgz`), TARBALLS[name].bytes);
  }
  write(join(project, "package.json"), `${JSON.stringify({ name: "tiny", dependencies: DEPENDENCIES }, null, 2)}\n`);
  write(join(project, "package-lock.json"), `${JSON.stringify(TINY_LOCK, null, 2)}\n`);
  return { project, snapshot };
}
