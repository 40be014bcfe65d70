import { execFileSync } from "node:child_process";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { concat } from "../../src/base/concat.ts";
import { runToEnd } from "../../src/base/run-to-end.ts";
import type { StreamSink } from "../../src/sink/archive-sink.ts";
import { createTarSink } from "../../src/sink/tar-sink.ts";
import { createZipSink } from "../../src/sink/zip-sink.ts";
import { untar } from "../../src/tarball/untar.ts";
import { showFolder } from "./places.ts";
import { filesOf, install, type Listing, linksOf, listingOf, pack, stateOf, type TestTree } from "./trees.ts";

const long = (length: number, char = "x"): string => char.repeat(length);
/** Bytes that deflating does not make smaller. */
function noiseOf(length: number): Uint8Array<ArrayBuffer> {
  let state = 1;
  return new Uint8Array(length).map(() => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}
const noise = Array.from({ length: 80_000 }, (_, i) => String.fromCharCode(33 + ((i * i * 31 + i * 7) % 90))).join("");
const tree: TestTree = {
  packages: {
    "node_modules/a": pack("1.0.0", {
      "bin/a.js": "#!/usr/bin/env node",
      empty: "",
      big: noise,
      zeros: long(200_000, "0"),
    }),
    "node_modules/@s/b": pack("2.0.0", {
      [`${long(60)}/${long(60)}.js`]: "a prefix",
      [`${long(120)}.js`]: "too long for a name",
      [`${long(150)}/${long(90)}/${long(90)}`]: "too long for a prefix",
      "ünï/ço∂e.js": "not ASCII",
      "512": long(512),
      "513": long(513),
    }),
    "packages/w/node_modules/a": pack("3.0.0"),
  },
  links: {
    "node_modules/.bin/a": "node_modules/a/bin/a.js",
    "node_modules/w": "packages/w",
    "node_modules/deep": `packages/${long(110)}/ü`,
  },
};

async function read(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return concat(chunks);
}

async function archive(sink: StreamSink, what: TestTree = tree): Promise<Uint8Array> {
  const [bytes] = await Promise.all([read(sink.stream), install(sink, what)]);
  return bytes;
}

/** Unpacks with the system's own program. Returns null if there is none. */
async function unpacked(bytes: Uint8Array, command: readonly string[]): Promise<Listing | null> {
  const folder = await fs.mkdtemp(join(tmpdir(), "webhoist-archive-"));
  try {
    await fs.mkdir(join(folder, "out"));
    await fs.writeFile(join(folder, "archive"), bytes);
    const [program = "", ...args] = command;
    try {
      execFileSync(program, args, {
        cwd: join(folder, "out"),
        stdio: "pipe",
        env: { ...process.env, LC_ALL: "C.UTF-8" },
      });
    } catch (error) {
      if ((error as { code?: string }).code === "ENOENT") return null;
      throw error;
    }
    return await showFolder(fs, join(folder, "out"));
  } finally {
    await fs.rm(folder, { recursive: true });
  }
}

const whole = listingOf(tree, { modes: true, links: true });
const python =
  "import os,sys,zipfile\nz=zipfile.ZipFile('../archive')\nassert z.testzip() is None\n" +
  "for i in z.infolist():\n m=i.external_attr>>16\n os.makedirs(os.path.dirname(i.filename),exist_ok=True)\n" +
  " d=z.read(i)\n if m>>12==10: os.symlink(d,i.filename); continue\n" +
  " f=open(i.filename,'wb'); f.write(d); f.close(); os.chmod(i.filename,m&0o777)\n";

describe("a tar archive", () => {
  test("the system's tar unpacks it", async () => {
    const listing = await unpacked(await archive(createTarSink()), ["tar", "-xf", "../archive"]);
    expect(listing).toEqual(whole);
  });

  test("the library unpacks it: files, sizes and modes", async () => {
    const bytes = await archive(createTarSink());
    const entries = runToEnd(untar(bytes));
    if (!entries.ok) throw new Error(entries.failure.message);
    const found = entries.value.files.map(({ path, start, size, mode }) => {
      const text = new TextDecoder().decode(bytes.subarray(start, start + size));
      return [path, mode & 0o111 ? `+x ${text}` : text];
    });
    const files = Object.entries(whole).filter(([, text]) => !text.startsWith("-> "));
    // A package is unpacked without its first folder.
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(files.map(([path, text]) => [path.slice(path.indexOf("/") + 1), text])),
    );
  });

  test("an install without files gives an empty archive", async () => {
    const bytes = await archive(createTarSink(), { packages: {} });
    expect(bytes).toEqual(new Uint8Array(1024));
  });
});

describe.each([0, 1, 9] as const)("a zip archive of level %d", (level) => {
  test("fflate and Python unpack it", async () => {
    const bytes = await archive(createZipSink({ level }));
    const found = Object.entries(unzipSync(bytes)).map(([path, data]) => [path, new TextDecoder().decode(data)]);
    const links = new Set(linksOf(tree).map(({ path }) => path));
    const files = Object.entries(listingOf(tree, { modes: false, links: false }));
    expect(Object.fromEntries(found.filter(([path]) => !links.has(path!)))).toEqual(Object.fromEntries(files));
    const listing = await unpacked(bytes, ["python3", "-c", python]);
    if (listing) expect(listing).toEqual(whole);
    // A file is deflated only if that makes it smaller.
    expect(bytes.length > 200_000).toBe(level === 0);
  });
});

describe.each([
  ["tar", createTarSink],
  ["zip", createZipSink],
] as const)("the stream of a %s", (_, create) => {
  test("the same install gives the same bytes", async () => {
    expect(Buffer.compare(await archive(create()), await archive(create()))).toBe(0);
  });

  test("writes wait for the reader", async () => {
    const sink = create();
    const session = await sink.open();
    await session.begin(new Set());
    let taken = 0;
    const random = noiseOf(32 * 1024);
    const files = function* (): ReturnType<typeof filesOf> {
      for (; taken < 100; taken++) yield { path: `${taken}`, bytes: random, mode: 0o644 };
    };
    const writing = session.write("node_modules/a", files());
    const turns = async (): Promise<void> => {
      for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    };
    await turns();
    // Fills the two chunks that may be in flight, and one that waits.
    const before = taken;
    expect(before).toBeLessThan(10);
    await turns();
    expect(taken).toBe(before);
    const reading = read(sink.stream);
    await writing;
    await session.commit(stateOf({ packages: { "node_modules/a": {} } }));
    expect((await reading).length).toBeGreaterThan(taken * 1000);
    expect(taken).toBe(100);
  });

  test("the stream fails when the install is aborted, also while a write waits", async () => {
    const sink = create();
    const session = await sink.open();
    await session.begin(new Set());
    const bytes = noiseOf(300_000);
    const writing = session.write("node_modules/a", [{ path: "x", bytes, mode: 0o644 }]);
    const failed = expect(writing).rejects.toMatchObject({ code: "ESINK" });
    await session.abort();
    await failed;
    await expect(read(sink.stream)).rejects.toMatchObject({ code: "ESINK" });
    await expect(sink.open()).rejects.toMatchObject({ code: "ESINK" });
  });

  test("the install fails if the reader cancels the stream", async () => {
    const sink = create();
    const installing = expect(install(sink, tree)).rejects.toMatchObject({ code: "ESINK" });
    await sink.stream.cancel(new Error("enough"));
    await installing;
  });

  test("paths that leave the project are refused, and the stream fails", async () => {
    const sink = create();
    const bad = { packages: { "node_modules/a": { "../../evil.js": "x" } } };
    const reading = expect(read(sink.stream)).rejects.toMatchObject({ code: "ESINK" });
    await expect(install(sink, bad)).rejects.toMatchObject({ code: "ESINKPATH" });
    await reading;
  });

  test("packages that are written at the same time follow each other", async () => {
    const sink = create();
    const reading = read(sink.stream);
    const session = await sink.open();
    await session.begin(new Set());
    await Promise.all(Object.entries(tree.packages).map(([at, files]) => session.write(at, filesOf(files))));
    await session.commit(stateOf(tree));
    expect(Buffer.compare(await reading, await archive(create()))).toBe(0);
  });
});

test("too many entries for a zip are refused", async () => {
  const sink = createZipSink({ level: 0 });
  const reading = read(sink.stream).catch(() => {});
  const session = await sink.open();
  await session.begin(new Set());
  const files = function* (): ReturnType<typeof filesOf> {
    for (let i = 0; i <= 65_535; i++) yield { path: `${i}`, bytes: new Uint8Array(0), mode: 0o644 };
  };
  await expect(session.write("node_modules/a", files())).rejects.toMatchObject({ code: "ESINK" });
  await session.abort();
  await reading;
});
