import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

const sources: ReadonlyMap<string, string> = new Map(
  ["src", "workers", "web"]
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)),
    )
    .filter((file) => file.endsWith(".ts"))
    .map((file) => [file, readFileSync(join(ROOT, file), "utf8")]),
);

/** The codes of the union, without the template for HTTP statuses. */
const union = [...(sources.get("src/api/error-code.ts") as string).matchAll(/^ {2}\| "(\w+)"/gm)].map(
  ([, code]) => code,
);

/** The codes in the first cells of the tables of docs/errors.md, without HTTP statuses. */
const documented = [...readFileSync(join(ROOT, "docs/errors.md"), "utf8").matchAll(/^\| (`[A-Z][^|]*)\|/gm)]
  .flatMap(([, cell = ""]) => [...cell.matchAll(/`(\w+)`/g)].map(([, code]) => code))
  .filter((code) => !/^E\d+$/.test(code as string));

/** A status of the registry, which the union has as a template. */
const HTTP = /^E\d{3}$/;

/** The codes that sources name in calls of `functions` or as a member `code`, with the files. */
function raisedBy(functions: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const pattern = new RegExp(`(?:\\b(?:${functions})\\(\\s*(?:base, )?|\\bcode: )"([A-Z][A-Z0-9_]+)"`, "g");
  for (const [file, text] of sources) {
    for (const [, code = ""] of text.matchAll(pattern)) found.set(code, [...(found.get(code) ?? []), file]);
  }
  return found;
}

test("docs/errors.md lists every code of the union once, and no other", () => {
  expect(union.length).toBeGreaterThan(70);
  expect([...documented].sort()).toEqual([...union].sort());
});

test("every code that a source raises is in the union", () => {
  const unknown = [...raisedBy("failure|nodeError|broken|invalid").keys()].filter(
    (code) => !union.includes(code) && !HTTP.test(code),
  );
  expect(unknown).toEqual([]);
});

test("every code of the union occurs in a source other than the union", () => {
  const texts = [...sources]
    .filter(([file]) => file !== "src/api/error-code.ts")
    .map(([, text]) => text.replace(/^\s*(?:\/\*|\*|\/\/).*$/gm, ""));
  const unused = union.filter((code) => !texts.some((text) => text.includes(`"${code}"`)));
  expect(unused).toEqual([]);
});

test("a code that is raised in more than one file has its factory in src/errors", () => {
  const spread = [...raisedBy("failure")].flatMap(([code, files]) => {
    const outside = new Set(files.filter((file) => !file.startsWith("src/errors/")));
    // A request's failure is worded in one place, from its code and facts.
    const own = [...outside].filter((file) => !/fetch-transport|request-failure/.test(file));
    return own.length > 1 || (own.length > 0 && outside.size < new Set(files).size)
      ? `${code}: ${[...own].join(", ")}`
      : [];
  });
  expect(spread).toEqual([]);
});
