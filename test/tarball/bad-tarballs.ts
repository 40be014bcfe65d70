import type { UnpackLimits } from "../../src/api/install.ts";
import { flipped, gzip, sri } from "./gzip.ts";
import { concat, pax, type TarPart, tar } from "./tar-writer.ts";

/** A tarball that must be refused in every mode, from any source. */
export interface BadTarball {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
  /** The integrity in the lock. It is that of the bytes, unless the case is about tampering. */
  integrity: string | null;
  /** Limits that it exceeds. */
  limits?: Partial<UnpackLimits>;
  code: "EINTEGRITY" | "TAR_BAD_ARCHIVE" | "TAR_ENTRY_ERROR" | "TAR_ABORT";
}

const MANIFEST: TarPart = { name: "package/package.json", body: '{"name":"a","version":"1.0.0"}' };
const FILES: readonly TarPart[] = [MANIFEST, { name: "package/index.js", body: "module.exports = 1;\n".repeat(40) }];
const HONEST = gzip(tar(FILES));
const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;

/** Returns bytes with their true integrity, so that only their content can be wrong. */
const known = (bytes: Uint8Array<ArrayBuffer>): Pick<BadTarball, "bytes" | "integrity"> => ({
  bytes,
  integrity: sri(bytes),
});

export function badTarballs(): BadTarball[] {
  return [...tampered(), ...brokenGzip(), ...brokenTar(), ...escaping(), ...bombs()];
}

function tampered(): BadTarball[] {
  const other = gzip(tar([{ ...MANIFEST, body: '{"name":"b","version":"1.0.0"}' }]));
  const cases: [string, Uint8Array<ArrayBuffer>, string?][] = [
    ["a changed byte in a file", flipped(HONEST, 60)],
    ["the last byte changed", flipped(HONEST, -1)],
    ["the time in the gzip header changed, with the same files", flipped(HONEST, 4)],
    ["cut in the middle", HONEST.slice(0, HONEST.length >> 1)],
    ["the last byte cut off", HONEST.slice(0, -1)],
    ["a byte added", concat([HONEST, new Uint8Array(1)])],
    ["a second member added", concat([HONEST, gzip(tar([{ name: "package/evil.js", body: "1" }]))])],
    ["the tarball of another package", other],
    ["the same files, compressed again", gzip(tar(FILES), 9)],
    ["the same files, not compressed", tar(FILES)],
    ["no bytes at all", new Uint8Array(0)],
    ["an error page", encode("<!doctype html><title>502</title>")],
    ["the sha384 of other bytes", HONEST, sri(other, "SHA-384")],
    ["the sha256 of other bytes", HONEST, sri(other, "SHA-256")],
    ["the sha1 of other bytes", HONEST, sri(other, "SHA-1")],
    ["the right sha1, and the sha512 of other bytes", HONEST, `${sri(HONEST, "SHA-1")} ${sri(other)}`],
    ["two hashes of other bytes", HONEST, `${sri(other)} ${sri(encode("x"))}`],
    ["an unknown hash algorithm", HONEST, "md5-1B2M2Y8AsgTpgAmY7PhCfg=="],
    ["a hash that is cut off", HONEST, sri(HONEST).slice(0, 40)],
  ];
  return cases.map(([name, bytes, integrity = sri(HONEST)]) => ({
    name: `tampered: ${name}`,
    bytes,
    integrity,
    code: "EINTEGRITY",
  }));
}

function brokenGzip(): BadTarball[] {
  const badBlock = Uint8Array.from(HONEST);
  badBlock[10] = 0x07;
  const large = gzip(tar([MANIFEST, { name: "package/noise", body: noise(60_000) }]));
  const cases: [string, Uint8Array<ArrayBuffer>][] = [
    ["nothing", new Uint8Array(0)],
    ["a page", encode("<!doctype html><title>Not found</title>".repeat(30))],
    ["an answer in JSON", encode('{"error":"not found"}')],
    ["a zip", encode(`PK\x03\x04${"\0".repeat(600)}`)],
    ["its head alone", HONEST.slice(0, 10)],
    ["cut inside its files", HONEST.slice(0, 80)],
    ["cut inside its trailer", HONEST.slice(0, -3)],
    ["a wrong checksum", flipped(HONEST, -6)],
    ["a wrong length", flipped(HONEST, -3)],
    ["an unknown kind of block", badBlock],
    ["another compression", flipped(HONEST, 2)],
    ["a damaged member before a whole one", concat([flipped(HONEST, -6), HONEST])],
    ["a large one, cut", large.slice(0, 40_000)],
    ["a large one, a byte changed", flipped(large, 30_000)],
    ["a large one, a wrong checksum", flipped(large, -8)],
    ["text in it, no archive", gzip("just some text, of more bytes than a block has. ".repeat(20))],
    ["nothing in it", gzip("")],
    ["an archive without entries", gzip(new Uint8Array(1024))],
  ];
  return cases.map(([name, bytes]) => ({ name: `broken: ${name}`, ...known(bytes), code: "TAR_BAD_ARCHIVE" }));
}

/** Returns bytes that do not compress. */
export function noise(length: number): Uint8Array<ArrayBuffer> {
  let seed = 1;
  return Uint8Array.from({ length }, () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed >>> 24;
  }) as Uint8Array<ArrayBuffer>;
}

/** Returns text that compresses about as well as code. */
export function prose(length: number): string {
  const words: string[] = [];
  for (let [seed, size] = [1, 0]; size < length; size += words.at(-1)!.length + 1) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    words.push((seed >>> 18).toString(36));
  }
  return words.join(" ").slice(0, length);
}

function brokenTar(): BadTarball[] {
  const size = (...bytes: number[]): TarPart => ({ ...MANIFEST, raw: [124, bytes] });
  const extended = (body: string): TarPart[] => [{ name: "x", type: "x", body }, MANIFEST];
  const whole = tar(FILES);
  const cases: [string, readonly TarPart[] | Uint8Array][] = [
    ["cut inside a header", whole.subarray(0, 1024 + 100)],
    ["cut inside a file", whole.subarray(0, 1024 + 512 + 100)],
    ["cut inside a file's padding", whole.subarray(0, 512 + 100)],
    ["a header's checksum is wrong", [{ ...MANIFEST, checksum: "000000\0 " }]],
    ["a later header is damaged", flipped(whole, 1024 + 3)],
    ["a size that is not a number", [{ ...MANIFEST, size: "12a\0" }]],
    ["a size below zero", [{ ...MANIFEST, size: "-0000000001\0" }]],
    ["a size below zero, base 256", [size(...Array<number>(12).fill(0xff))]],
    ["a huge size, base 256", [size(0x80, ...Array<number>(11).fill(0xff))]],
    ["a size of some terabytes", [size(0x80, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0)]],
    ["a size past the end", [{ ...MANIFEST, size: 1_000_000 }]],
    ["pax: a size below zero", extended(pax("size", "-1"))],
    ["pax: a size of thirty digits", extended(pax("size", "9".repeat(30)))],
    ["pax: a size that is not a whole number", extended(pax("size", "1e3"))],
    ["pax: a size past the end", extended(pax("size", "99999"))],
    ["pax: a record that is longer than the header", extended("999 path=package/a\n")],
    ["pax: a record without a length", extended("path=package/a\n")],
    ["pax: a record of length zero", extended("0 path=package/a\n")],
    ["pax: a record without =", extended("8 patha\n")],
    ["pax: a record that does not end", extended("15 path=package")],
    ["pax: longer than a mebibyte", extended(pax("comment", "x".repeat(1_100_000)))],
    ["pax: a header size past the end", [{ name: "x", type: "x", size: 5000 }]],
    ["global pax: damaged", [{ name: "g", type: "g", body: "7 size" }, MANIFEST]],
    ["GNU: a name longer than a mebibyte", [{ name: "x", type: "L", body: "x".repeat(1_100_000) }, MANIFEST]],
  ];
  return cases.map(([name, of]) => ({
    name: `broken archive: ${name}`,
    ...known(gzip(of instanceof Uint8Array ? of : tar(of))),
    code: "TAR_BAD_ARCHIVE",
  }));
}

function escaping(): BadTarball[] {
  const plain = (name: string): TarPart[] => [{ name, body: "evil" }];
  const extended = (path: string): TarPart[] => [
    { name: "x", type: "x", body: pax("path", path) },
    { name: "package/fine.js", body: "evil" },
  ];
  const gnu = (path: string): TarPart[] => [
    { name: "././@LongLink", type: "L", body: `${path}\0` },
    { name: "package/fine.js", body: "evil" },
  ];
  const cases: [string, readonly TarPart[]][] = [
    ["two folders up", plain("package/../../evil.js")],
    ["into the folder of another package", plain("package/../neighbour/index.js")],
    ["up, as the first part", plain("../package/evil.js")],
    ["up, from a nested folder", plain("package/a/b/../../../../evil.js")],
    ["up, as the last part", plain("package/lib/..")],
    ["up, in a ustar prefix", [{ name: "evil.js", prefix: "package/../..", body: "evil" }]],
    ["up, in a pax path", extended("package/../../evil.js")],
    ["up, in a GNU name", gnu("package/../../evil.js")],
    ["up, with backslashes", plain("package\\..\\..\\evil.js")],
    ["up, with both kinds of slashes", plain("package/a\\../..\\evil.js")],
    ["up, on a drive", plain("package/c:../evil.js")],
    ["up, behind a root", plain("//../evil.js")],
    ["NUL in a pax path", extended("package/fine.js\0/../../evil.js")],
    ["NUL in a GNU name", gnu("package/fine.js\0../../evil.js")],
    ["a name that is too long for any disk", extended(`package/${"a/".repeat(2500)}a`)],
  ];
  return cases.map(([name, parts]) => ({
    name: `leaves the package: ${name}`,
    ...known(gzip(tar([MANIFEST, ...parts]))),
    code: "TAR_ENTRY_ERROR",
  }));
}

function bombs(): BadTarball[] {
  const zeros = (length: number): TarPart => ({ name: "package/zeros", body: new Uint8Array(length) });
  const numbered = (name: (i: number) => string): TarPart[] =>
    Array.from({ length: 60 }, (_, i) => ({ name: name(i) }));
  const two = gzip(tar([MANIFEST, zeros(2_000_000)]), 9);
  // Its trailer claims a size of 2 kB.
  const liar = Uint8Array.from(gzip(tar([MANIFEST, zeros(8_000_000)]), 9));
  liar.set([0, 8, 0, 0], liar.length - 4);
  const half = tar([zeros(40_000)], { end: false });
  const cases: [string, Uint8Array<ArrayBuffer>, Partial<UnpackLimits>][] = [
    ["more bytes than a tarball may have", HONEST, { tarball: HONEST.length - 1 }],
    ["more than a package may have", two, { package: 1_999_999 }],
    ["more than a file may have", two, { file: 1_999_999 }],
    ["a ratio above the limit", two, { ratio: 200 }],
    ["a trailer with a wrong length", liar, { package: 1_000_000 }],
    ["many small members", concat(Array.from({ length: 40 }, () => gzip(half))), { package: 1_000_000 }],
    ["not compressed, and too large", tar([MANIFEST, zeros(5000)]), { package: 5000 }],
    ["too many files", gzip(tar(numbered((i) => `package/${i}`))), { files: 50 }],
    ["too many folders", gzip(tar([{ name: `package/${"a/".repeat(45)}a` }])), { files: 40 }],
    ["a file whose large size is only in its pax header", paxGiant(), { file: 10_000 }],
  ];
  return cases.map(([name, bytes, limits]) => ({
    name: `too much: ${name}`,
    ...known(bytes),
    limits,
    code: "TAR_ABORT",
  }));
}

function paxGiant(): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(20_000);
  return gzip(
    tar([
      { name: "x", type: "x", body: pax("size", "20000") },
      { name: "package/a", body, size: 0 },
    ]),
  );
}

/** An unusual tarball that is accepted, without its harmful parts. */
export interface OddTarball {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
  integrity: string;
  /** Every file: path to text. */
  files: Readonly<Record<string, string>>;
  /** Codes of the warnings. */
  warnings: readonly string[];
}

const file = (name: string, body: string = name): TarPart => ({ name: `package/${name}`, body });
const deep = "a-folder-with-a-name/".repeat(9);

/** The parts of an archive, the files that remain, and the codes of the warnings. */
type Odd = [
  name: string,
  parts: readonly TarPart[],
  left: readonly string[] | Record<string, string>,
  ...codes: string[],
];

const ABSOLUTE = "TAR_ENTRY_INFO";
const LEFT_OUT = "TAR_ENTRY_UNSUPPORTED";
const LINKS: readonly Odd[] = [
  [
    "a link out of the package",
    [{ name: "package/l", type: "2", link: "../../etc/passwd" }, file("a")],
    ["a"],
    LEFT_OUT,
  ],
  ["a link to an absolute path", [{ name: "package/l", type: "2", link: "/etc/passwd" }, file("a")], ["a"], LEFT_OUT],
  ["a link inside the package", [file("a"), { name: "package/l", type: "2", link: "a" }], ["a"], LEFT_OUT],
  ["a file below a dropped link", [{ name: "package/l", type: "2", link: "/tmp" }, file("l/a")], ["l/a"], LEFT_OUT],
  ["a hard link", [file("a"), { name: "package/l", type: "1", link: "package/a" }], ["a"], LEFT_OUT],
  [
    "a hard link out of the package",
    [{ name: "package/l", type: "1", link: "../../etc/passwd" }, file("a")],
    ["a"],
    LEFT_OUT,
  ],
  ["a link whose own name leads out", [{ name: "../../l", type: "2", link: "a" }, file("a")], ["a"], LEFT_OUT],
  [
    "a link by a pax header",
    [
      { name: "x", type: "x", body: pax("linkpath", "/etc/passwd") },
      { name: "package/l", type: "2", link: "x" },
      file("a"),
    ],
    ["a"],
    LEFT_OUT,
  ],
  [
    "a file with a pax header for links",
    [{ name: "x", type: "x", body: pax("linkpath", "/etc/passwd") }, file("a")],
    ["a"],
  ],
  [
    "a link by a GNU header",
    [{ name: "x", type: "K", body: "/etc/passwd\0" }, { name: "package/l", type: "2", link: "x" }, file("a")],
    ["a"],
    LEFT_OUT,
  ],
];

/** Absolute names: npm removes the root behind the first folder, and installs the file. */
const ROOTED: readonly Odd[] = [
  [
    "an absolute name",
    [{ name: "/package/abs.js", body: "1" }, file("a")],
    { "package/abs.js": "1", a: "a" },
    ABSOLUTE,
  ],
  ["a name in /etc", [{ name: "/etc/passwd", body: "1" }, file("a")], { "etc/passwd": "1", a: "a" }, ABSOLUTE],
  ["several slashes first", [{ name: "///etc/passwd", body: "1" }], { "etc/passwd": "1" }, ABSOLUTE],
  [
    "an absolute name in a pax header",
    [
      { name: "x", type: "x", body: pax("path", "//etc/passwd") },
      { name: "x", body: "1" },
    ],
    { "etc/passwd": "1" },
    ABSOLUTE,
  ],
  ["a drive below the package", [{ name: "package/C:/b.js", body: "1" }], { "b.js": "1" }, ABSOLUTE],
  ["a drive without a slash", [{ name: "package/c:d:b.js", body: "1" }], { "b.js": "1" }, ABSOLUTE],
  ["a backslash below the package", [{ name: "package/\\b.js", body: "1" }], { "b.js": "1" }, ABSOLUTE],
  ["a share below the package", [{ name: "package/\\\\host\\share\\b.js", body: "1" }], { "b.js": "1" }, ABSOLUTE],
  ["a drive with two backslashes", [{ name: "package/c:\\\\c:\\\\b.js", body: "1" }], { "b.js": "1" }, ABSOLUTE],
  ["a drive behind a share's slashes", [{ name: "package///?/c:/b.js", body: "1" }], { "b.js": "1" }, ABSOLUTE],
  ["a drive behind a dot", [{ name: "package/./c:/b.js", body: "1" }], { "b.js": "1" }, ABSOLUTE],
  ["a drive as the first folder", [{ name: "c:/b.js", body: "1" }], { "b.js": "1" }, ABSOLUTE],
  ["a drive and no folder", [{ name: "C:\\b.js", body: "1" }, file("a")], ["a"]],
  ["a share and no folder", [{ name: "\\\\host\\share\\b.js", body: "1" }, file("a")], ["a"]],
  ["an empty part", [{ name: "package//b.js", body: "1" }], { "b.js": "1" }],
];

const KINDS: readonly Odd[] = [
  ["a character device", [{ name: "package/d", type: "3" }, file("a")], ["a"], "TAR_ENTRY_UNSUPPORTED"],
  ["a block device", [{ name: "package/d", type: "4" }, file("a")], ["a"], "TAR_ENTRY_UNSUPPORTED"],
  ["a pipe", [{ name: "package/d", type: "6" }, file("a")], ["a"], "TAR_ENTRY_UNSUPPORTED"],
  ["an unknown type", [{ name: "package/d", type: "V", body: "label" }, file("a")], ["a"]],
  ["a folder with a size", [{ name: "package/f/", type: "5", size: 4096 }, file("f/a")], ["f/a"]],
  ["only a folder", [{ name: "package/", type: "5" }], []],
  [
    "a file of before ustar and a contiguous one",
    [
      { ...file("a"), type: "\0" },
      { ...file("b"), type: "7" },
    ],
    ["a", "b"],
  ],
];

const NAMES: readonly Odd[] = [
  ["a file, and later files below its path", [file("a"), file("a/b"), file("c")], ["a", "c"], "TAR_ENTRY_ERROR"],
  ["files in a folder, then a file of its name", [file("a/b/c"), file("a/b"), file("a")], ["a/b/c"], "TAR_ENTRY_ERROR"],
  ["names that differ in case", [file("Readme"), file("README"), file("b")], ["Readme", "README", "b"], "ECASE"],
  ["a file and a folder that differ in case", [file("Lib/a"), file("lib")], ["Lib/a", "lib"], "ECASE"],
  ["folders that differ in case", [file("Lib/a"), file("lib/b")], ["Lib/a", "lib/b"]],
  ["an accent written in two ways", [file("\u00e9"), file("e\u0301")], ["\u00e9", "e\u0301"], "ECASE"],
  ["an accent, and case", [file("\u00c9"), file("e\u0301")], ["\u00c9", "e\u0301"], "ECASE"],
  ["one file twice", [file("a", "first"), file("b"), file("a", "second")], { a: "second", b: "b" }],
  [
    "names of properties that every object has",
    [file("__proto__"), file("constructor/a")],
    ["__proto__", "constructor/a"],
  ],
  ["blanks, quotes and a line break", [file(' "a"\n '), file("...")], [' "a"\n ', "..."]],
  ["superfluous slashes and dots", [{ name: "./package//b/./c", body: "c" }], { "package/b/c": "c" }],
  ["another first folder, and files beside it", [{ name: "x/a", body: "a" }, { name: "b" }], ["a"]],
  ["NUL in a header's name", [{ name: "package/a\0/../../b", body: "a" }], ["a"]],
  [
    "a .gitignore",
    [file(".gitignore"), file("a/.gitignore")],
    { ".npmignore": ".gitignore", "a/.npmignore": "a/.gitignore" },
  ],
  ["a .gitignore behind a .npmignore", [file(".npmignore"), file(".gitignore")], [".npmignore"]],
  ["a .gitignore before a .npmignore", [file(".gitignore"), file(".npmignore")], [".npmignore"]],
];

const HEADERS: readonly Odd[] = [
  ["a name in two pieces", [{ ...file("a"), name: "a", prefix: "package/lib" }], { "lib/a": "a" }],
  ["a pax name", [{ name: "x", type: "x", body: pax("path", `package/${deep}ä`) }, file("a")], { [`${deep}ä`]: "a" }],
  ["a GNU name", [{ name: "x", type: "L", body: `package/${deep}b\0` }, file("a")], { [`${deep}b`]: "a" }],
  [
    "a pax size",
    [
      { name: "x", type: "x", body: pax("size", "3") },
      { ...file("a", "abc"), size: 0 },
    ],
    { a: "abc" },
  ],
  [
    "a global pax size",
    [
      { name: "g", type: "g", body: pax("size", "1") },
      { ...file("a"), size: 0 },
    ],
    ["a"],
  ],
  ["a global pax name", [{ name: "g", type: "g", body: pax("path", "package/x") }, file("a"), file("b")], ["a", "b"]],
  ["an empty pax header", [{ name: "x", type: "x" }, file("a")], ["a"]],
  ["a pax header padded with NUL", [{ name: "x", type: "x", body: `${pax("mtime", "1")}\0\0` }, file("a")], ["a"]],
];

export function oddTarballs(): OddTarball[] {
  const one = tar([file("a")]);
  const shapes: [string, Uint8Array<ArrayBuffer>][] = [
    ["not packed", one],
    ["zeros behind its end", concat([gzip(one), new Uint8Array(512)])],
    ["other bytes behind its end", concat([gzip(one), encode("and so on, but no gzip")])],
    ["bytes behind the archive's end", gzip(concat([one, noise(700)]))],
    ["part of a block behind one empty one", gzip(one.slice(0, 1024 + 512 + 9))],
    ["no empty blocks at its end", gzip(tar([file("a")], { end: false }))],
    ["two members", concat([gzip(one.slice(0, 700)), gzip(one.slice(700))])],
    ["an empty member behind it", concat([gzip(one), gzip("")])],
    ["not made smaller", gzip(one, 0)],
  ];
  const parts = [...LINKS, ...ROOTED, ...KINDS, ...NAMES, ...HEADERS];
  return [
    ...shapes.map(
      ([name, bytes]): OddTarball => ({ name, bytes, integrity: sri(bytes), files: { a: "a" }, warnings: [] }),
    ),
    ...parts.map(([name, archive, left, ...warnings]): OddTarball => {
      const bytes = gzip(tar(archive));
      const files = Array.isArray(left) ? left.map((path) => [path, path]) : Object.entries(left);
      return { name, bytes, integrity: sri(bytes), files: Object.fromEntries(files), warnings };
    }),
  ];
}
