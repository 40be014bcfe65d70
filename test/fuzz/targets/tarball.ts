import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { indexTarball, readPack } from "../../../src/tarball/index-tarball.ts";
import { webDigest } from "../../../src/tarball/integrity.ts";
import { encodePackIndex, readPackIndex } from "../../../src/tarball/pack-index.ts";
import { UNPACK_LIMITS } from "../../../src/tarball/unpack-limits.ts";
import { openForEngine } from "../../../workers/run/open-tarball.ts";
import { pax, type TarPart, tar } from "../../tarball/tar-writer.ts";
import { mutateBytes } from "../byte-mutation.ts";
import { BrokenLaw, faultOf } from "../laws.ts";
import type { Random } from "../random.ts";
import type { Target } from "../target.ts";
import { mutateText } from "../text-mutation.ts";
import type { Value } from "../value.ts";

const MANIFEST = JSON.stringify({
  name: "a",
  version: "1.0.0",
  scripts: { install: "x" },
  bundleDependencies: ["b"],
  dependencies: { b: "*" },
});
const SHRINKWRAP = JSON.stringify({ lockfileVersion: 3, packages: { "": {}, "node_modules/b": { version: "1.0.0" } } });

const PARTS: readonly TarPart[] = [
  { name: "package/package.json", body: MANIFEST },
  { name: "package/npm-shrinkwrap.json", body: SHRINKWRAP },
  { name: "package/index.js", body: "#!/usr/bin/env node\r\n1", mode: "0000755\0" },
  { name: "package/node_modules/b/package.json", body: '{"name":"b","version":"1.0.0"}' },
  { name: "package/lib/", type: "5" },
  { name: "package/lib/a.js", body: "a".repeat(600) },
  { name: "package/link", type: "2", link: "../x" },
  { name: "PaxHeader/x", type: "x", body: pax("path", "package/a-long-name.js") },
  { name: "package/x", body: "x" },
  { name: "././@LongLink", type: "L", body: `package/${"long/".repeat(40)}x.js\0` },
  { name: "package/y", body: "y" },
  { name: "pax_global_header", type: "g", body: pax("comment", "x") },
  { name: "package/binding.gyp", body: "{}" },
];

const NAMES = [
  "package/a",
  "../x",
  "/x",
  "package/../../x",
  "x",
  "",
  "package",
  "package/",
  "package//a",
  "package/./a",
  "package/a/",
  "package/\0x",
  "package/\u0001",
  "C:\\x",
  "package/CON",
  "package/é",
  "package/E\u0301",
  "package/PACKAGE.json",
  "package/__proto__",
  "package/a\\b",
  "x".repeat(100),
  "package/node_modules",
];
const TYPES = ["0", "\0", "1", "2", "3", "4", "5", "6", "7", "x", "g", "L", "K", "D", "S", "N", "V", "A", "X", " "];
const SIZES = [
  0,
  1,
  511,
  512,
  513,
  2 ** 33,
  "77777777777\0",
  "            ",
  "-1         \0",
  "9",
  "abc",
  "\x80\0\0\0\0\0\0\0\0\0\0\x01",
  "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
];

function mutateParts(random: Random): TarPart[] {
  const parts = PARTS.filter(() => !random.once(6)).map((part) => ({ ...part }));
  for (let left = random.few(4); left > 0; left--) {
    const at = random.below(parts.length + 1);
    const part: TarPart = parts[at] ?? { name: "package/new", body: "new" };
    parts[at] = part;
    const choice = random.below(9);
    if (choice === 0) part.name = random.pick(NAMES);
    else if (choice === 1) part.type = random.pick(TYPES);
    else if (choice === 2) part.size = random.pick(SIZES);
    else if (choice === 3) part.body = mutateText(String(part.body ?? ""), random);
    else if (choice === 4) part.prefix = random.pick(NAMES);
    else if (choice === 5) part.link = random.pick(NAMES);
    else if (choice === 6) part.raw = [random.below(510), [random.below(256), random.below(256)]];
    else if (choice === 7) part.magic = random.pick(["ustar  \0", "\0", "xxxxx"]);
    else
      part.body = random.pick([
        pax("path", random.pick(NAMES)),
        pax("size", String(random.pick(SIZES))),
        "999999999999 path=a\n",
        "0 path=a\n",
        "a",
        "5 a=b",
        `${"9".repeat(30)} a=\n`,
      ]);
  }
  return parts;
}

const digest = webDigest(globalThis.crypto.subtle);

/** A tarball: inflated, listed and indexed as by an install, and opened as by a resolution. */
export const tarball: Target = {
  name: "tarball",
  perTest: 200,
  make(random: Random): Value {
    let archive: Uint8Array = tar(mutateParts(random), { end: !random.once(4) });
    if (random.once(3)) archive = mutateBytes(archive, random);
    if (random.once(12)) return archive;
    const zipped = new Uint8Array(gzipSync(archive, { level: random.pick([0, 1, 6]) }));
    return random.once(3) ? mutateBytes(zipped, random) : zipped;
  },
  async run(input) {
    const bytes = input as Uint8Array;
    const limits = { ...UNPACK_LIMITS, package: 1 << 24 };
    const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
    const source = { name: "a", url: "http://registry.local/a/-/a-1.0.0.tgz" };
    const indexed = await indexTarball(bytes, { ...source, integrity, limits, archive: true }, digest);
    if (indexed.ok) {
      const { index, archive, warnings } = indexed.value;
      for (const warning of warnings) judge(warning);
      const stored = readPackIndex(encodePackIndex(index));
      if (!stored || stored.paths.join("\0") !== index.paths.join("\0"))
        throw new BrokenLaw("the index cannot be read again");
      const read = await readPack(bytes, index.unpacked, [[0, Math.min(10, archive.length)]]);
      if (!read.ok) judge(read.failure);
    } else judge(indexed.failure);
    const opened = await openForEngine(bytes, { name: "a", url: source.url, integrity });
    if (!opened.ok) judge(opened.failure);
  },
};

function judge(failure: Parameters<typeof faultOf>[0]): void {
  const fault = faultOf(failure);
  if (fault) throw new BrokenLaw(fault);
}
