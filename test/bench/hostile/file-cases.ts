import { gzipSync } from "node:zlib";
import { createMapSink, createTarSink, createZipSink } from "../../../web/sinks.ts";
import { nextTurn } from "../../../workers/host/yield.ts";
import { fakeTarball } from "../../support/tarball.ts";
import { pax, type TarPart, tar } from "../../tarball/tar-writer.ts";
import { type HostileCase, installing, members, nested, range } from "./case.ts";

const EMPTY = "export {}";

const ofTarball = (title: string, parts: () => TarPart[]): HostileCase => ({
  group: "tarball",
  title,
  prepare: () => installing(new Uint8Array(gzipSync(tar(parts()), { level: 1 }))),
});

/** Resolves imports in a package whose package.json has this text. */
const ofTarget = (
  title: string,
  manifest: () => string,
  specifiers: readonly string[],
  importer = "x.js",
): HostileCase => ({
  group: "exports",
  title,
  prepare: async () => {
    const text = manifest().replace("{", '{"name":"a","version":"1.0.0",');
    const { bytes } = fakeTarball({ "package.json": text, "i.js": EMPTY });
    const project = await (await installing(bytes))();
    return async () => {
      for (const specifier of specifiers) await project.nodeResolve(specifier, importer);
    };
  },
});

const ofMap = (title: string, files: () => Record<string, unknown>): HostileCase => ({
  group: "import map",
  title,
  prepare: async () => {
    const { bytes } = fakeTarball(files());
    const project = await (await installing(bytes))();
    return async (signal) => await project.resolution!.importMap({ provider: project, onWarning: () => {}, signal });
  },
});

const packageJson = (fields: object): object => ({ name: "a", version: "1.0.0", type: "module", ...fields });
const patterns = (count: number, target: (at: number) => string): object =>
  members(count, (at) => [`./p${at}/*`, target(at)]);
const manyFiles = (count: number): TarPart[] =>
  range(count).map((at) => ({ name: `package/lib/f${at}.js`, body: EMPTY }));

export const FILE_CASES: readonly HostileCase[] = [
  ofTarball("50,000 files", () => manyFiles(50_000)),
  ofTarball("50,000 folders", () => range(50_000).map((at) => ({ name: `package/d${at}/f.js`, body: EMPTY }))),
  ofTarball("folders 2,000 deep, 90 times", () =>
    range(90).flatMap((at) => [
      { name: "x", type: "x", body: pax("path", `package/${at}/${"d/".repeat(1990)}f.js`) },
      { name: "package/short.js", body: EMPTY },
    ]),
  ),
  ofTarball("a long name that is 1 MiB of NUL", () => [
    { name: "long", type: "L", body: new Uint8Array(1 << 20).fill(0) },
    { name: "package/a.js", body: EMPTY },
  ]),
  ofTarball("50,000 extended headers", () => [
    ...range(50_000).map(() => ({ name: "x", type: "x", body: pax("mtime", "1") })),
    { name: "package/a.js", body: EMPTY },
  ]),
  ofTarball("100,000 devices", () => range(100_000).map((at) => ({ name: `package/d${at}`, type: "3" }))),
  ofTarball("20,000 names that differ by case", () =>
    range(20_000).map((at) => ({ name: `package/${at % 2 ? "a" : "A"}${at >> 1}.js`, body: EMPTY })),
  ),
  ofTarball("64 MB of zeros", () => [{ name: "package/a.js", body: new Uint8Array(64 << 20) }]),
  ofTarball("a package.json of 30 MB", () => [
    {
      name: "package/package.json",
      body: JSON.stringify({ x: members(1_000_000, (at) => [`member number ${at}`, 0]) }),
    },
  ]),
  ...(["tar", "zip", "Map"] as const).map(
    (kind): HostileCase => ({
      group: "sink",
      title: `50,000 files into a ${kind}`,
      prepare: async () => {
        const project = await (await installing(new Uint8Array(gzipSync(tar(manyFiles(50_000)), { level: 1 }))))();
        return async () => {
          if (kind === "Map") return await writeFiles(project, createMapSink(new Map()));
          const sink = kind === "tar" ? createTarSink() : createZipSink({ level: 0 });
          const read = sink.stream.pipeTo(new WritableStream());
          await Promise.all([writeFiles(project, sink), read]);
          return undefined;
        };
      },
    }),
  ),

  ofTarget("conditions nested 20,000 deep", () => `{"exports":${nested(20_000, '{"import":', '"./i.js"', "}")}}`, [
    "a",
  ]),
  ofTarget("lists nested 20,000 deep", () => `{"exports":${nested(20_000, "[", '"./i.js"', "]")}}`, ["a"]),
  ofTarget(
    "imports nested 20,000 deep",
    () => `{"imports":{"#x":${nested(20_000, "[", '"./i.js"', "]")}}}`,
    ["#x"],
    "node_modules/a/i.js",
  ),
  ofTarget("10,000 patterns, a miss", () => JSON.stringify({ exports: patterns(10_000, () => "./i.js") }), ["a/none"]),
  ofTarget("a list of 100,000 bad targets", () => JSON.stringify({ exports: range(100_000).map(() => "bad") }), ["a"]),
  ofTarget("a target of 1,000,000 stars", () => JSON.stringify({ exports: { "./*": `./${"*".repeat(1_000_000)}` } }), [
    `a/${"x".repeat(10_000)}`,
  ]),
  ofTarget(
    "a browser field of 50,000 replacements",
    () => JSON.stringify({ browser: members(50_000, (at) => [`./${at}.js`, "./i.js"]), main: "i.js" }),
    ["a"],
  ),

  ofMap("1,000 patterns, 2,000 files", () => ({
    "package.json": packageJson({ exports: patterns(1000, () => "./lib/*.js") }),
    ...members(2000, (at) => [`lib/f${at}.js`, EMPTY]),
  })),
  ofMap("a module of 20,000 imports", () => ({
    "package.json": packageJson({ exports: "./index.js" }),
    "index.js": range(20_000)
      .map((at) => `import "missing${at}";`)
      .join("\n"),
  })),
  ofMap("2,000 modules that import each other", () => ({
    "package.json": packageJson({ exports: "./f0.js" }),
    ...members(2000, (at) => [
      `f${at}.js`,
      range(10)
        .map((to) => `import "./f${(at * 7 + to) % 2000}.js";`)
        .join("\n"),
    ]),
  })),
  ofMap("a module of 20 MB", () => ({
    "package.json": packageJson({ exports: "./index.js" }),
    "index.js": "const a = [1, 2, 3]; // text\n".repeat(700_000),
  })),
  ofMap("imports without an end", () => ({
    "package.json": packageJson({ exports: "./index.js" }),
    "index.js": `import ${"a ".repeat(3_000_000)}`,
  })),
  ofMap("exports nested 20,000 deep", () => ({
    "package.json": `{"name":"a","version":"1.0.0","exports":{"./*":${nested(20_000, '{"import":', '"./*.js"', "}")}}}`,
    "index.js": EMPTY,
  })),
];

async function writeFiles(
  project: Awaited<ReturnType<Awaited<ReturnType<typeof installing>>>>,
  sink: ReturnType<typeof createMapSink>,
): Promise<undefined> {
  const session = await sink.open({ nextTurn });
  await session.begin(new Set());
  const bytes = new TextEncoder().encode(EMPTY);
  const paths = project.paths().map((path) => path.slice("node_modules/a/".length));
  await session.write(
    "node_modules/a",
    paths.map((path) => ({ path, bytes, mode: 0o644 })),
  );
  await session.commit({ packages: new Map([["node_modules/a", "sha512-x"]]), links: [], hiddenLock: "" });
}
