import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

const pages = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
  cwd: ROOT,
  encoding: "utf8",
})
  .split("\n")
  .filter((page) => page !== "" && existsSync(join(ROOT, page)));

/** Removes code from a text, because examples may contain brackets that are no links. */
function proseOf(text: string): string {
  return text.replace(/^(`{3,})[\s\S]*?^\1/gm, "").replace(/`[^`\n]*`/g, "");
}

/** Returns the anchors of a page: those that code hosts make from its headings, and explicit ones. */
function anchorsOf(page: string): Set<string> {
  const text = readFileSync(join(ROOT, page), "utf8").replace(/^(`{3,})[\s\S]*?^\1/gm, "");
  const anchors = new Set<string>();
  for (const [, heading = ""] of text.matchAll(/^#{1,6} +(.+)$/gm)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const anchor = plain
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replace(/\s/g, "-");
    let [unique, count] = [anchor, 0];
    while (anchors.has(unique)) unique = `${anchor}-${++count}`;
    anchors.add(unique);
  }
  for (const [, id = ""] of text.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(id);
  return anchors;
}

/** Returns the targets of a page's links and pictures, without those that have a scheme. */
function linksOf(page: string): string[] {
  const text = proseOf(readFileSync(join(ROOT, page), "utf8"));
  const inline = [...text.matchAll(/\]\(\s*<?([^\s)>]+)>?(?:\s+"[^"]*")?\s*\)/g)];
  const references = [...text.matchAll(/^\s{0,3}\[[^\]]+\]:\s*(\S+)/gm)];
  const html = [...text.matchAll(/\b(?:src|href)="([^"]+)"/g)];
  return [...inline, ...references, ...html]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/i.test(target));
}

/** Returns the reason why a link is broken; undefined if it has a target. */
function problemOf(page: string, link: string): string | undefined {
  const [path = "", anchor] = link.split("#");
  if (path.startsWith("/")) return "is not relative";
  const target = path === "" ? page : relative(ROOT, join(ROOT, dirname(page), decodeURIComponent(path)));
  if (target.startsWith("..")) return "leaves the repository";
  if (!existsSync(join(ROOT, target))) return "has no target";
  if (anchor === undefined || !target.endsWith(".md") || statSync(join(ROOT, target)).isDirectory()) return undefined;
  return anchorsOf(target).has(decodeURIComponent(anchor)) ? undefined : "has no such heading";
}

test("the list of pages has the documentation", () => {
  expect(pages).toEqual(expect.arrayContaining(["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/errors.md"]));
});

test.each(pages)("every link of %s has a target", (page) => {
  const broken = linksOf(page).flatMap((link) => {
    const problem = problemOf(page, link);
    return problem ? `${link} ${problem}` : [];
  });
  expect(broken).toEqual([]);
});
