import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { FakeManifest } from "../support/fake-registry.ts";
import { type Traced, traced } from "./trace.ts";

// The page says what the search does, step by step, and where that is in the code: here both are looked up.

const docs = join(import.meta.dirname, "../../docs");
const page = readFileSync(join(docs, "solver.md"), "utf8");

/** What stands in the page's blocks of a kind, one after the other. */
function blocks(kind: string): string {
  const found = [...page.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].filter(([, info]) => info === kind);
  return found.map(([, , text]) => text).join("");
}

const text = (lines: readonly string[]): string => `${lines.join("\n")}\n`;

describe("the worked conflict", () => {
  let told: Traced;

  beforeAll(async () => {
    const { project, packages } = JSON.parse(blocks("json")) as {
      project: Record<string, unknown>;
      packages: Record<string, FakeManifest>;
    };
    told = await traced(packages, project);
  });

  test("has the numbers that the page gives", () => {
    expect(blocks("text packages")).toBe(text(told.packages));
  });

  test("goes as the page says, line by line", () => {
    expect(blocks("text search")).toBe(text(told.search));
  });

  test("is proved as the page says", () => {
    expect(blocks("text proof")).toBe(text(told.graph));
  });

  test("is told in the page's words", () => {
    expect(blocks("text explanation")).toBe(`${told.text}\n`);
  });
});

test("links lead to files, and these have the names that the page says are there", () => {
  const missing: string[] = [];
  for (const [, path] of page.matchAll(/\]\(([^)#]+)/g)) {
    if (!existsSync(join(docs, path as string))) missing.push(path as string);
  }
  const rows = page.slice(page.indexOf("## Where each step is")).matchAll(/^\|[^|]+\| (`.*) \|$/gm);
  for (const [, cell = ""] of rows) {
    // `a`, `b` in [file](path), `c` in [other](path)
    for (const [, names = "", path = ""] of cell.matchAll(/(.*?)\[[^\]]+\]\(([^)]+)\)/g)) {
      const code = readFileSync(join(docs, path), "utf8");
      for (const [, name = ""] of names.matchAll(/`([^`]+)`/g)) if (!code.includes(name)) missing.push(name);
    }
  }
  expect(missing).toEqual([]);
});
