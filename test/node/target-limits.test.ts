import fc from "fast-check";
import { expect, test } from "vitest";
import { InstallError } from "../../src/errors/failure.ts";
import { packageExports, packageImports } from "../../src/node/package-target.ts";
import { NodeResolver } from "../../src/node/resolve.ts";
import { findKey, targetKeys } from "../../src/node/target-keys.ts";
import { memoryFiles } from "./memory-files.ts";

const CONTEXT = { conditions: new Set(["import"]), manifest: "node_modules/a/package.json" };

function exported(exports: unknown, subpath = "."): string {
  try {
    return packageExports(exports, subpath, CONTEXT);
  } catch (error) {
    return `${(error as InstallError).code}: ${(error as InstallError).message}`;
  }
}

/** Returns JSON that is nested by text, because a deep value cannot be built by recursion. */
function nest(levels: number, [open, close]: [string, string]): unknown {
  return JSON.parse(`${open.repeat(levels)}"./x.js"${close.repeat(levels)}`);
}

test.each<[string, [string, string]]>([
  ["conditions", ['{"import":', "}"]],
  ["lists", ["[", "]"]],
])("exports may nest 100 %s, and fails with ELIMIT beyond", (_, brackets) => {
  expect(exported(nest(100, brackets))).toBe("./x.js");
  expect(exported(nest(101, brackets))).toBe(
    'ELIMIT: "exports" of node_modules/a/package.json nests more than 100 conditions and lists for ".". ' +
      "Use another version of the package.",
  );
  expect(exported(nest(20_000, brackets))).toMatch("ELIMIT");
});

test("imports has the same limit", () => {
  const imports = (levels: number) => ({ "#x": nest(levels, ["[", "]"]) });
  expect(packageImports(imports(100), "#x", CONTEXT)).toEqual({ path: "./x.js" });
  expect(() => packageImports(imports(20_000), "#x", CONTEXT)).toThrow("nests more than 100");
});

test("one lookup tries at most 10,000 conditions and targets", () => {
  // The list itself and the last target count too.
  const list = (invalid: number) => [...Array.from({ length: invalid }, () => "bad"), "./x.js"];
  expect(exported(list(9998))).toBe("./x.js");
  expect(exported(list(9999))).toMatch(/^ELIMIT: .* has more than 10000 conditions and targets for "\."/);
});

test("a target may have 16,384 characters after its stars were replaced", () => {
  const map = { "./*": "./**" };
  expect(exported(map, `./${"x".repeat(8191)}`)).toHaveLength(16_384);
  expect(exported(map, `./${"x".repeat(8192)}`)).toMatch(/^ELIMIT: .* has a target of more than 16384 characters/);
});

test("a failure lists 20 keys at most", () => {
  const map = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`./p${i}/*`, "./x.js"]));
  try {
    packageExports(map, "./none", CONTEXT);
    expect.unreachable();
  } catch (error) {
    const { wayOut } = (error as InstallError).failure;
    expect(wayOut[0]?.text).toMatch(/^It exports \.\/p0\/\*, .*, \.\/p19\/\* and 9980 others\.$/);
  }
});

/** PACKAGE_IMPORTS_EXPORTS_RESOLVE as Node's documentation has it: goes through all keys. */
function referenceKey(keys: readonly string[], name: string): { key: string; star: string | null } | null {
  if (keys.includes(name) && !name.includes("*") && !name.endsWith("/")) return { key: name, star: null };
  const fitting = keys.filter((key) => {
    const [head = "", tail, ...more] = key.split("*");
    if (tail === undefined || more.length > 0) return false;
    return name.length >= key.length && name.startsWith(head) && name.endsWith(tail);
  });
  const [key] = fitting.sort((a, b) => b.indexOf("*") - a.indexOf("*") || b.length - a.length);
  if (key === undefined) return null;
  const [head = "", tail = ""] = key.split("*");
  return { key, star: name.slice(head.length, name.length - tail.length) };
}

test("law: the indexed keys give the same key as a search through all of them", () => {
  const text = (parts: string[]) => fc.array(fc.constantFrom(...parts), { maxLength: 6 }).map((all) => all.join(""));
  const keys = fc.uniqueArray(text(["a", "b", "/", "*"]), { maxLength: 20 });
  fc.assert(
    fc.property(keys, fc.array(text(["a", "b", "/"]), { maxLength: 10 }), (all, names) => {
      const map = targetKeys(Object.fromEntries(all.map((key) => [key, ""])));
      for (const name of names) expect(findKey(map, name)).toEqual(referenceKey(all, name));
    }),
  );
});

test("no package.json ends without a code, whatever JSON it holds", async () => {
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom<unknown>("./i.js", "*", "./*", { ".": "./i.js" }, { "./*": ["./*", null, 5] }, { import: null }),
  );
  const names = ["name", "exports", "imports", "browser", "main", "module", "type"];
  const json = fc.oneof(value, fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] }));
  const specifier = fc.oneof(
    fc.string(),
    fc.constantFrom("a", "a/i.js", "#x", "./i", "../..", "@", "a/", "node:fs", "a/%"),
  );
  await fc.assert(
    fc.asyncProperty(json, specifier, fc.boolean(), async (content, name, extensions) => {
      const files = memoryFiles({
        "node_modules/a/package.json": content,
        "node_modules/a/i.js": "",
        "package.json": content,
      });
      const options = extensions ? {} : { extensions: [] };
      for (const importer of ["x.js", "node_modules/a/i.js"]) {
        const found = await new NodeResolver(files)
          .resolve({ specifier: name, importer }, options)
          .catch((e: unknown) => e);
        expect(typeof found === "string" || found instanceof InstallError).toBe(true);
      }
    }),
    { numRuns: 1000 },
  );
});

test("a package.json in a package may have 2,097,152 characters", async () => {
  const resolve = async (length: number): Promise<string> => {
    const text = `{"main":"./i.js"}`.padEnd(length);
    const files = memoryFiles({ "node_modules/a/package.json": text, "node_modules/a/i.js": "" });
    return await new NodeResolver(files).resolve({ specifier: "a", importer: "x.js" });
  };
  expect(await resolve(1 << 21)).toBe("node_modules/a/i.js");
  await expect(resolve((1 << 21) + 1)).rejects.toMatchObject({ code: "ELIMIT" });
});
