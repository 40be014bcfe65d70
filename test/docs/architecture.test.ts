import { readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT } from "./markdown.ts";

const page = readFileSync(join(ROOT, "docs/architecture.md"), "utf8");

/** Files that are reached through a message or a port, and its name in architecture.md. */
const PORTS = new Map([
  ["workers/threads/worker-service.ts", "a call of WorkerService"],
  ["web/backends/extractors.ts", "the port Extractor"],
  ["src/pack-cache/stored-pack-cache.ts", "the port PackCache"],
]);

/** Returns the files that a section's numbered list links to, in order, each once. */
function filesOf(heading: string): string[] {
  const from = page.indexOf(`## ${heading}\n`);
  const section = page.slice(page.indexOf("\n1. ", from), page.indexOf("\n## ", from + 1) >>> 0);
  return [...new Set([...section.matchAll(/\]\(\.\.\/([^)#]+\.ts)\)/g)].map(([, path = ""]) => path))];
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  return [...text.matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"?]+)/g)].map(([, path = ""]) =>
    posix.normalize(posix.join(dirname(file), path)),
  );
}

describe.each([
  ["The way of a resolution", 11],
  ["The way of a tarball", 13],
])("%s", (heading, least) => {
  test("each file is imported by a file above it", () => {
    const [first = "", ...files] = filesOf(heading).filter((file) => !PORTS.has(file));
    expect(files.length).toBeGreaterThanOrEqual(least - 1);
    const known = new Set([first, ...PORTS.keys()].flatMap(importsOf));
    const unreached = files.filter((file) => {
      const isReached = known.has(file);
      for (const one of importsOf(file)) known.add(one);
      return !isReached;
    });
    expect(unreached).toEqual([]);
  });
});
