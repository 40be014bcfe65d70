import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InstallError } from "../../src/errors/failure.ts";
import { condense, condensePausing, indexPackument } from "../../src/registry/condense.ts";
import { normaliseManifest } from "../../src/registry/normalise-manifest.ts";
import { Packument } from "../../src/registry/packument.ts";
import { isRecord } from "../../src/registry/record-check.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function index(text: string | Uint8Array): Packument {
  return indexPackument("pkg", typeof text === "string" ? encoder.encode(text) : text);
}

/** Reads a document by parsing all of it, for comparison. */
function parsed(text: string): { versions: Record<string, unknown>; tags: Record<string, unknown> } {
  const document = JSON.parse(text) as Record<string, Record<string, unknown>>;
  return { versions: document["versions"] ?? {}, tags: document["dist-tags"] ?? {} };
}

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof InstallError) return error.code;
    throw error;
  }
}

/** Returns a small generator of random numbers from 0 to 1. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Writes a value with blanks where JSON allows them and some characters escaped. */
function write(value: unknown, random: () => number): string {
  const blank = (): string => (random() < 0.2 ? (["", " ", "\n\t", "\r\n  "][Math.floor(random() * 4)] as string) : "");
  const text = (raw: string): string =>
    JSON.stringify(raw).replace(/[a-z.]/g, (letter, at: number, all: string) => {
      if (random() > 0.05 || all[at - 1] === "\\" || /\\u[0-9a-f]{0,3}$/.test(all.slice(0, at))) return letter;
      return `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
    });
  const any = (part: unknown): string => {
    if (typeof part === "string") return text(part);
    if (part === null || typeof part !== "object") return JSON.stringify(part);
    if (Array.isArray(part)) return `[${blank()}${part.map((item) => any(item) + blank()).join(`,${blank()}`)}]`;
    const members = Object.entries(part).map(
      ([key, item]) => `${text(key)}${blank()}:${blank()}${any(item)}${blank()}`,
    );
    return `{${blank()}${members.join(`,${blank()}`)}}`;
  };
  return blank() + any(value) + blank();
}

const key = fc.oneof(
  { weight: 5, arbitrary: fc.stringMatching(/^[0-3]\.[0-3]\.[0-3](-rc\.[0-3])?$/) },
  fc.constantFrom(
    "__proto__",
    "constructor",
    "toString",
    "1",
    "0",
    "",
    'a"b',
    "a\\",
    "é",
    "\u{1f600}",
    "\u0001",
    "\\u",
  ),
  fc.string({ maxLength: 4 }),
);
const json = fc.jsonValue({ maxDepth: 2 });
const deps = fc.dictionary(fc.constantFrom("a", "@b/c", "__proto__"), fc.constantFrom("^1.0.0", "*"), { maxKeys: 3 });
const scripts = fc.dictionary(fc.constantFrom("install", "preinstall", "postinstall", "test"), fc.string());
const sha512 = fc
  .uint8Array({ minLength: 64, maxLength: 64 })
  .map((hash) => `sha512-${btoa(String.fromCharCode(...hash))}`);
const manifest = fc.record(
  {
    name: fc.constantFrom("pkg", "pkg", "other", 'p"kg'),
    version: fc.string(),
    license: json,
    readme: json,
    dependencies: fc.oneof(deps, json),
    optionalDependencies: deps,
    bundleDependencies: json,
    bin: fc.oneof(fc.string(), deps),
    scripts: fc.oneof(scripts, scripts, json),
    hasInstallScript: fc.boolean(),
    deprecated: json,
    dist: fc.oneof(
      fc.record(
        {
          integrity: fc.oneof(sha512, fc.string()),
          shasum: fc.string(),
          tarball: fc.oneof(
            fc.constantFrom("http://x/pkg-#.tgz", "http://y/pkg-#.tgz", "x\\\u0009-#.tgz"),
            fc.string(),
          ),
          size: json,
        },
        { requiredKeys: [] },
      ),
      json,
    ),
  },
  { requiredKeys: [] },
);
/** Manifests as registries write them. Each contains its key, and usually so does its tarball's URL (`#`). */
const versions = fc.dictionary(key, fc.tuple(fc.integer({ max: 5 }), manifest), { maxKeys: 6 }).map((all) =>
  Object.fromEntries(
    Object.entries(all).map(([key, [odd, manifest]]) => {
      const { dist } = manifest as { dist?: { tarball?: string } | null };
      const tarball = typeof dist?.tarball === "string" ? { tarball: dist.tarball.replace("#", key) } : {};
      const more = dist && typeof dist === "object" && !Array.isArray(dist) ? { dist: { ...dist, ...tarball } } : {};
      return [key, { ...manifest, ...more, ...(odd < 1 ? {} : { version: key }) }];
    }),
  ),
);
const document = fc.record(
  {
    _id: json,
    versions,
    "dist-tags": fc.dictionary(key, fc.oneof(fc.string(), fc.integer()), { maxKeys: 3 }),
    time: fc.dictionary(key, fc.oneof(fc.date({ noInvalidDate: true }).map(String), json), { maxKeys: 3 }),
    readme: fc.string(),
  },
  { requiredKeys: [] },
);
/** Reduces a manifest to the members that an installer reads. */
function kept(raw: unknown): Record<string, unknown> {
  const { dist, scripts, ...rest } = raw as Record<string, unknown>;
  const read = ["name", "version", "license", "dependencies", "optionalDependencies", "bundleDependencies"];
  const picked = pick(rest, [...read, "bin", "hasInstallScript", "deprecated"]);
  const { integrity, tarball, shasum } = (dist ?? {}) as Record<string, unknown>;
  const run = pick(scripts ?? {}, ["install", "preinstall", "postinstall"]);
  return { ...picked, integrity, tarball, shasum: integrity === undefined ? shasum : null, run };
}

function pick(from: object, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, Object.getOwnPropertyDescriptor(from, name)?.value]));
}

const randomizer = fc.nat().map(random);
const RUNS = { numRuns: Number(process.env["LAW_RUNS"] ?? 600) };

describe("the index", () => {
  test("equals the result of JSON.parse in every part", () => {
    const law = fc.property(document, randomizer, fc.boolean(), (value, random, mark) => {
      const text = write(value, random);
      const packument = index((mark ? "\ufeff" : "") + text);
      const { versions, tags } = parsed(text);
      expect(packument.versionKeys()).toEqual(Object.keys(versions));
      expect([...packument.distTags]).toEqual(Object.entries(tags).filter(([, tag]) => typeof tag === "string"));
      for (const [name, raw] of Object.entries(versions)) {
        expect(packument.has(name)).toBe(true);
        const read = packument.manifest(name);
        expect(kept(read)).toEqual(kept(normaliseManifest(raw)));
        expect(packument.manifest(name)).toBe(read);
      }
      expect(packument.manifestsParsed).toBe(Object.keys(versions).length);
      expect(packument.has("9.9.9")).toBe(false);
      expect(packument.manifest("9.9.9")).toBeUndefined();
      const times = Object.entries((value.time ?? {}) as object).filter(([, time]) => time);
      for (const [name, time] of times) {
        expect(packument.time(name)).toBe(typeof time === "string" ? time : JSON.stringify(time));
      }
    });
    fc.assert(law, RUNS);
  });

  test.each([
    [2 ** 19, undefined],
    [2 ** 19 + 1, "ELIMIT"],
  ])("dist-tags of %i bytes give %s", (length, code) => {
    const tags = `{"latest":"1.0.0","x":"${"x".repeat(length - '{"latest":"1.0.0","x":""}'.length)}"}`;
    const packument = index(`{"dist-tags":${tags},"versions":{"1.0.0":{}}}`);
    expect(codeOf(() => expect(packument.distTags.get("latest")).toBe("1.0.0"))).toBe(code);
  });

  test("condenses a large document with a pause in each MiB, beside others, to the record of the whole", () => {
    const one = (at: number): string =>
      `"1.0.${at}":{"version":"1.0.${at}","dependencies":{"d${at % 50}":"^1"},"x":"${"x".repeat(2_000)}"}`;
    const times = (at: number): string => `"1.0.${at}":"2020-01-31T12:00:00.000Z"`;
    const list = (each: (at: number) => string, length: number): string =>
      Array.from({ length }, (_, at) => each(at)).join();
    const text = encoder.encode(`{"versions":{${list(one, 3_000)}},"time":{${list(times, 60_000)}}}`);
    const small = encoder.encode('{"versions":{"2.0.0":{"version":"2.0.0"}}}');
    const steps = condensePausing("pkg", text);
    const other = condense("other", small);
    let pauses = 0;
    let step = steps.next();
    for (; !step.done; step = steps.next()) {
      pauses++;
      expect(condense("other", small)).toEqual(other);
    }
    expect(pauses).toBeGreaterThanOrEqual(Math.floor(text.length / 2 ** 20) - 1);
    const packument = new Packument("pkg", step.value);
    expect(packument.size).toBe(3_000);
    expect(packument.manifest("1.0.2999")).toMatchObject({ version: "1.0.2999", dependencies: { d49: "^1" } });
    expect(packument.time("1.0.7")).toBe("2020-01-31T12:00:00.000Z");
  });

  test("condenses a document of up to 4 MiB, and of many versions, without a pause", () => {
    const versions = Array.from({ length: 5_000 }, (_, at) => `"1.0.${at}":{"version":"1.0.${at}"}`);
    const text = `{"versions":{${versions}},"readme":"${"x".repeat(3 * 2 ** 20)}"}`;
    expect([...condensePausing("pkg", encoder.encode(text))]).toEqual([]);
  });

  test("reads shared memory and parts of a buffer", () => {
    const text = encoder.encode('{"versions":{"1.0.0":{"version":"1.0.0"},"1.\\u0031.0":{"version":"é"}}}');
    const record = condense("pkg", text);
    const shared = new Uint8Array(new SharedArrayBuffer(text.length + 7), 3, text.length);
    shared.set(text);
    const inside = new Uint8Array(new ArrayBuffer(text.length + 9), 5, text.length);
    inside.set(text);
    const sharedRecord = new Uint8Array(new SharedArrayBuffer(record.length + 8), 8, record.length);
    sharedRecord.set(record);
    const oddPlace = new Uint8Array(new ArrayBuffer(record.length + 1), 1, record.length);
    oddPlace.set(record);
    expect([sharedRecord, oddPlace, record].map(isRecord)).toEqual([true, true, true]);
    for (const packument of [
      index(shared),
      index(inside),
      new Packument("pkg", sharedRecord),
      new Packument("pkg", oddPlace),
    ]) {
      expect(packument.versionKeys()).toEqual(["1.0.0", "1.1.0"]);
      expect(packument.manifest("1.1.0")?.version).toBe("é");
      expect([...packument.record]).toEqual([...record]);
    }
  });

  test("keeps the last of equal keys at the position of the first, as JSON.parse does", () => {
    const text =
      '{"versions":{"9.0.0":{}},"dist-tags":{"a":"1"},' +
      '"versions":{"1.0.0":{"os":1},"1.1.0":{"os":2},"1.0.\\u0030":{"os":3}},"dist-tags":{"b":"2"}}';
    const packument = index(text);
    expect(packument.versionKeys()).toEqual(Object.keys(parsed(text).versions));
    expect(packument.versionKeys()).toEqual(["1.0.0", "1.1.0"]);
    expect(packument.manifest("1.0.0")?.os).toBe(3);
    expect([...packument.distTags]).toEqual([["b", "2"]]);
    expect(index('{"versions":{"1.0.0":{}},"versions":null}').versionKeys()).toEqual([]);
  });

  test("keeps names like `__proto__` as names", () => {
    const text =
      '{"versions":{"__proto__":{"version":"p"},"constructor":{"version":"c"}},"dist-tags":{"__proto__":"x"}}';
    const packument = index(text);
    expect(packument.versionKeys()).toEqual(["__proto__", "constructor"]);
    expect(packument.manifest("__proto__")?.version).toBe("p");
    expect(packument.distTags.get("__proto__")).toBe("x");
    expect(packument.has("toString")).toBe(false);
  });

  test("replaces invalid UTF-8 as decoding the whole document would", () => {
    const bytes = encoder.encode('{"versions":{"1.0.0":{"license":"??"},"?.0":{}}}');
    const broken = bytes.map((byte) => (byte === 63 ? 0xc3 : byte));
    const packument = index(broken);
    const { versions } = parsed(decoder.decode(broken));
    expect(packument.versionKeys()).toEqual(Object.keys(versions));
    expect(packument.manifest("1.0.0")?.license).toBe("\ufffd\ufffd");
  });

  test("skips strings that end in backslashes, at any alignment", () => {
    for (let padding = 0; padding < 24; padding++) {
      for (let slashes = 0; slashes < 6; slashes++) {
        const license = `${"x".repeat(padding)}${"\\".repeat(slashes)}"}${"\\".repeat(slashes)}`;
        const text = JSON.stringify({ versions: { "1.0.0": { license, os: [license] }, "2.0.0": {} } });
        const packument = index(text);
        expect(packument.versionKeys()).toEqual(["1.0.0", "2.0.0"]);
        expect(packument.manifest("1.0.0")?.license).toBe(license);
      }
    }
  });

  test("skips any depth without recursion", () => {
    const depth = 500_000;
    const deep = `{"x":${"[".repeat(depth)}${"]".repeat(depth)},"versions":{"1.0.0":${'{"a":'.repeat(depth)}1${"}".repeat(depth)}}}`;
    const packument = index(deep);
    expect(packument.versionKeys()).toEqual(["1.0.0"]);
    expect(codeOf(() => index(deep.slice(0, -1)))).toBe("EINVALIDPACKUMENT");
  });

  test("accepts keys and numbers of any length", () => {
    const key = "1".repeat(300_000);
    const packument = index(`{"x":${key},"versions":{"${key}":{"license":"long"}}}`);
    expect(packument.manifest(key)?.license).toBe("long");
    expect(packument.versionKeys()).toEqual([key]);
  });

  test("accepts a document of 20 MB", () => {
    const versions = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, n) => [`1.${n}.0`, { version: `1.${n}.0`, description: "d".repeat(1000) }]),
    );
    const bytes = encoder.encode(JSON.stringify({ versions, readme: "r".repeat(100_000) }));
    expect(bytes.length).toBeGreaterThan(20e6);
    const packument = index(bytes);
    expect(packument.versionKeys()).toHaveLength(20_000);
    expect(packument.manifest("1.19999.0")?.version).toBe("1.19999.0");
    expect(packument.manifestsParsed).toBe(1);
  });
});

describe("a document that is not JSON", () => {
  test("is refused wherever it ends early", () => {
    const law = fc.property(document, randomizer, (value, random) => {
      const bytes = encoder.encode(write(value, random).trim());
      for (let end = 0; end < bytes.length; end++) {
        expect(codeOf(() => index(bytes.slice(0, end)))).toBe("EINVALIDPACKUMENT");
      }
    });
    fc.assert(law, { numRuns: 10 });
  });

  test.each([
    ["", 0],
    ["[]", 0],
    ["null", 0],
    ['"text"', 0],
    ["{} {}", 3],
    ["{}x", 2],
    ["{,}", 1],
    ['{"a":1,}', 7],
    ['{"a" 1}', 5],
    ['{"a":1 "b":2}', 7],
    ['{"a":}', 5],
    ['{"a":tru}', 5],
    ['{"a":01}', 5],
    ['{"a":.5}', 5],
    ['{"a":[}', 6],
    ['{"a":{]}', 6],
    ['{"a":[}]}', 6],
    ['{"a":1]', 6],
    ["{'a':1}", 1],
    ["{a:1}", 1],
    ['{"\\x":1}', 2],
    ['{"versions":{"1.0.0":{},}}', 24],
    ['{"versions":{"1.0.0"}}', 20],
    ['{"versions":{"\\u12":{}}}', 14],
    ['{"versions":{"\n":{}}}', 14],
    ['{"versions":{1:{}}}', 13],
    ['{"time":{"a":"b"', 16],
  ])("%s is refused at byte %i", (text, offset) => {
    try {
      index(text);
    } catch (error) {
      const { failure } = error as InstallError;
      expect(failure).toMatchObject({ code: "EINVALIDPACKUMENT", package: "pkg", details: { offset } });
      expect(failure.message).toContain("pkg");
      expect(failure.message).toContain(`byte ${offset}`);
      return;
    }
    expect.unreachable("it was taken");
  });

  test("gives the result of JSON.parse or a coded failure, and nothing else", () => {
    const edit = fc.record({
      at: fc.nat(),
      drop: fc.nat(3),
      insert: fc.constantFrom("", '"', "\\", "{", "}", "[", "]", ",", ":", "é"),
    });
    const law = fc.property(document, fc.array(edit, { minLength: 1, maxLength: 3 }), (value, edits) => {
      let text = JSON.stringify(value);
      for (const { at, drop, insert } of edits) {
        const place = at % (text.length + 1);
        text = text.slice(0, place) + insert + text.slice(place + drop);
      }
      let packument: Packument | undefined;
      const code = codeOf(() => {
        packument = index(text);
        return packument.versionKeys().map((name) => packument?.manifest(name));
      });
      expect([undefined, "EINVALIDPACKUMENT"]).toContain(code);
      let whole: unknown;
      try {
        whole = JSON.parse(text);
      } catch {
        // the parts that are read may still be valid
        return;
      }
      const { versions } = whole as { versions?: unknown };
      const isObject = typeof versions === "object" && versions !== null && !Array.isArray(versions);
      const keys = isObject ? Object.keys(versions) : [];
      if (code === undefined) expect(packument?.versionKeys()).toEqual(keys);
      // valid JSON is refused only if a manifest is not an object
      else expect(Object.values(versions as object).some((raw) => typeof raw !== "object" || raw === null)).toBe(true);
    });
    fc.assert(law, RUNS);
  });

  test("may be valid except for one manifest, which fails when it is picked", () => {
    const packument = index('{"versions":{"1.0.0":{"a":tru},"1.1.0":{},"1.2.0":null,"1.3.0":{"os":"\\x"}}}');
    expect(packument.manifest("1.1.0")).toEqual({});
    for (const broken of ["1.0.0", "1.2.0", "1.3.0"]) {
      expect(codeOf(() => packument.manifest(broken))).toBe("EINVALIDPACKUMENT");
    }
    expect(codeOf(() => index('{"dist-tags":{"a":tru}}').distTags)).toBe("EINVALIDPACKUMENT");
  });
});
