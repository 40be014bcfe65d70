// Full tier: condenses every recorded packument.
import { join } from "node:path";

import semver from "semver";
import { beforeAll, expect, test } from "vitest";
import { indexPackument } from "../../src/registry/condense.ts";
import type { Packument } from "../../src/registry/packument.ts";
import { selectVersion } from "../../src/registry/select-version.ts";
import { RangeTable } from "../../src/spec/version-range.ts";
import { fixtureCases } from "../conformance/fixtures.ts";
import { folderSnapshot } from "../support/registry/folder.ts";
import { npmPick } from "./npm-pick.ts";

// Tests every packument of the recorded registry (or, without one, of the fixtures) with every spec that any version has for it,
// and with specs made from its own versions.

interface Document {
  name: string;
  versions?: Record<string, Record<string, unknown>>;
  "dist-tags"?: Record<string, string>;
}

interface Recorded {
  document: Document;
  packument: Packument;
  bytes: number;
}

const HOUR = 3_600_000;
const SECTIONS = ["dependencies", "optionalDependencies", "peerDependencies", "devDependencies"];
const registry = process.env["WEBHOIST_REGISTRY"];
const recorded: Recorded[] = [];
const asked = new Map<string, Set<string>>();

beforeAll(async () => {
  for (const [name, bytes] of await packuments()) {
    const document = JSON.parse(new TextDecoder().decode(bytes)) as Document;
    recorded.push({ document, packument: indexPackument(name, bytes), bytes: bytes.length });
    for (const manifest of Object.values(document.versions ?? {})) {
      for (const section of SECTIONS) {
        for (const [other, spec] of Object.entries((manifest[section] as Record<string, unknown>) ?? {})) {
          if (typeof spec !== "string" || /[:/]/.test(spec)) continue;
          const specs = asked.get(other);
          if (specs) specs.add(spec);
          else asked.set(other, new Set([spec]));
        }
      }
    }
  }
}, HOUR);

async function packuments(): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  const add = (name: string, bytes: Uint8Array | undefined): unknown => bytes && found.set(name, bytes);
  if (registry) {
    const snapshot = folderSnapshot(join(registry, "snapshot"));
    for (const name of snapshot.names()) add(name, snapshot.packument(name));
  } else {
    for (const suite of ["projects", "real"] as const) {
      for (const { snapshot } of await fixtureCases(suite)) {
        for (const name of snapshot.names()) add(name, snapshot.packument(name));
      }
    }
  }
  return found;
}

/** Returns every spec with the big registry. Without it, returns so few that specs times versions do not exceed `work`. */
function specsFor(document: Document, specs: Iterable<string>, work: number): string[] {
  const all = [...new Set(specs)];
  const size = Object.keys(document.versions ?? {}).length;
  const step = registry ? 1 : Math.max(1, Math.ceil((all.length * size) / work));
  return all.filter((_, at) => at % step === 0);
}

/** Returns specs that are not recorded: around the last versions, and around every tenth. */
function ownSpecs({ versions = {}, "dist-tags": tags = {} }: Document): string[] {
  const keys = Object.keys(versions);
  const near = keys.filter((_, at) => at % 10 === 0 || at > keys.length - 4);
  const forms = near.flatMap((key) => [key, `^${key}`, `~${key}`, `<${key}`, `>${key}`, `<=${key} || 0.0.x`]);
  return ["", "*", "x", ">=0.0.0-0", ...Object.keys(tags), ...forms];
}

test(
  "finds the same parts and manifests as JSON.parse",
  () => {
    expect(recorded.length).toBeGreaterThan(100);
    for (const { document, packument } of recorded) {
      const { versions = {}, "dist-tags": tags = {} } = document;
      expect(packument.versionKeys()).toEqual(Object.keys(versions));
      expect(Object.fromEntries(packument.distTags)).toEqual(tags);
      const last = Object.keys(versions).at(-1);
      if (last) expect(packument.manifest(last)?.dist).toEqual(versions[last]?.["dist"]);
    }
  },
  HOUR,
);

test(
  "every version is in the same ranges as in semver",
  () => {
    let inside = 0;
    let outside = 0;
    for (const { document } of recorded) {
      const ranges = new RangeTable();
      const keys = Object.keys(document.versions ?? {});
      for (const text of specsFor(document, asked.get(document.name) ?? [], 2000)) {
        const range = semver.validRange(text, true) === null ? null : new semver.Range(text, { loose: true });
        for (const key of keys) {
          const answer = range?.test(key) ?? false;
          if (ranges.satisfies(key, text) !== answer)
            throw new Error(`${document.name}: ${key} in "${text}" is ${answer}`);
          if (answer) inside++;
          else outside++;
        }
      }
    }
    expect(Math.min(inside, outside)).toBeGreaterThan(10_000);
  },
  HOUR,
);

test.each([
  ["Node 20.20.2", { nodeVersion: "20.20.2", npmVersion: "11.19.1" }],
  ["Node 12.0.0 and a date", { nodeVersion: "12.0.0", npmVersion: null, before: Date.UTC(2021, 5, 1) }],
])(
  "picks npm's version with %s",
  (_, options) => {
    let picked = 0;
    let failed = 0;
    for (const { document, packument } of recorded) {
      const policy = { ...options, ranges: new RangeTable() };
      const specs = [...(asked.get(document.name) ?? []), ...ownSpecs(document)];
      for (const spec of specsFor(document, specs, 100)) {
        const wanted = spec.trim();
        const outcome = selectVersion(packument, wanted, policy);
        const ours = outcome.ok ? String(outcome.value.version) : outcome.failure.code;
        const npms = npmsChoice(document, wanted, options);
        if (ours !== npms) throw new Error(`${document.name}@"${wanted}" is ${npms}, not ${ours}`);
        if (outcome.ok) picked++;
        else failed++;
      }
    }
    expect(picked).toBeGreaterThan(500);
    expect(failed).toBeGreaterThan(0);
  },
  HOUR,
);

function npmsChoice(document: Document, wanted: string, options: object): string {
  try {
    return String((npmPick(document, wanted, options) as { version?: string }).version);
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
