import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { FakeManifest } from "../support/fake-registry.ts";
import { type Traced, traced } from "./trace.ts";

// Checks docs/solver.md: the worked conflict step by step, and the names in the table of steps.

const docs = join(import.meta.dirname, "../../docs");
const page = readFileSync(join(docs, "solver.md"), "utf8");

/** Returns the text of all blocks of a kind, joined. */
function blocks(kind: string): string {
  const found = [...page.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].filter(([, info]) => info === kind);
  return found.map(([, , text]) => text).join("");
}

const text = (lines: readonly string[]): string => `${lines.join("\n")}\n`;

describe("the worked conflict", () => {
  let trace: Traced;

  beforeAll(async () => {
    const { project, packages } = JSON.parse(blocks("json")) as {
      project: Record<string, unknown>;
      packages: Record<string, FakeManifest>;
    };
    trace = await traced(packages, project);
  });

  test("has the numbers of the page", () => {
    expect(blocks("text packages")).toBe(text(trace.packages));
  });

  test("takes the steps of the page", () => {
    expect(blocks("text search")).toBe(text(trace.search));
  });

  test("has the proof of the page", () => {
    expect(blocks("text proof")).toBe(text(trace.graph));
  });

  test("has the explanation of the page", () => {
    expect(blocks("text explanation")).toBe(`${trace.text}\n`);
  });
});

test("every link leads to a file, and the file has the names that the page gives", () => {
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
