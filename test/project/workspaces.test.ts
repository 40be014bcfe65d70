import { expect, test } from "vitest";
import type { Failure } from "../../src/api/failure.ts";
import { runToEnd } from "../../src/base/run-to-end.ts";
import { InstallError } from "../../src/errors/failure.ts";
import { withWaysOut } from "../../src/explain/way-out.ts";
import { ProjectFiles } from "../../src/project/files.ts";
import { readPackageJson } from "../../src/project/package-json.ts";
import { findWorkspaces } from "../../src/project/workspaces.ts";

const FOLDERS = [
  "a",
  "packages/b",
  "packages/a",
  "packages/b/deep",
  "packages/.hidden",
  "packages/@s/q",
  "packages/a/node_modules/k",
  "apps/web",
  "apps/web-2",
];

function project(more: Record<string, string> = {}): ProjectFiles {
  const files = FOLDERS.map((folder) => [
    `${folder}/package.json`,
    JSON.stringify({ name: `n-${folder.replaceAll("/", "-")}` }),
  ]);
  return new ProjectFiles(
    { "package.json": "{}", "packages/none/index.js": "", ...Object.fromEntries(files), ...more },
    "/p",
  );
}

function folders(workspaces: unknown, more?: Record<string, string>): string[] {
  return [...runToEnd(findWorkspaces(workspaces, project(more), "/p")).values()].map((path) => path.slice(3));
}

test.each<[unknown, string[]]>([
  [["packages/*"], ["packages/a", "packages/b"]],
  [{ packages: ["./packages/*"] }, ["packages/a", "packages/b"]],
  [
    ["apps/*", "packages/b"],
    ["apps/web", "apps/web-2", "packages/b"],
  ],
  [["packages/**"], ["packages/@s/q", "packages/a", "packages/b", "packages/b/deep"]],
  [
    ["packages/**", "!packages/b"],
    ["packages/@s/q", "packages/a", "packages/b/deep"],
  ],
  [
    ["packages/*", "!packages/a", "packages/a"],
    ["packages/a", "packages/b"],
  ],
  [
    ["packages/{a,b}", "apps/web?2"],
    ["packages/a", "packages/b", "apps/web-2"],
  ],
  [
    ["packages/[!a]", "/a/"],
    ["packages/b", "a"],
  ],
  [["packages/none", "nowhere/*"], []],
  [undefined, []],
])("the patterns %j find %j", (workspaces, expected) => {
  expect(folders(workspaces)).toEqual(expected);
});

test("takes the name from package.json, otherwise from the folder with its scope", () => {
  const files = new ProjectFiles({ "w/@s/x/package.json": "{}", "w/y/package.json": '{"name":"why"}' }, "/p");
  const found = runToEnd(findWorkspaces(["w/**"], files, "/p"));
  expect([...found]).toEqual([
    ["@s/x", "/p/w/@s/x"],
    ["why", "/p/w/y"],
  ]);
});

test.each<[string, unknown, Record<string, string>, Pick<Failure, "code" | "details">]>([
  [
    "two workspaces of one name",
    ["packages/*"],
    { "packages/b/package.json": '{"name":"n-packages-a"}' },
    { code: "EDUPLICATEWORKSPACE", details: { paths: ["packages/a", "packages/b"] } },
  ],
  ["a string", "packages/*", {}, { code: "EWORKSPACESCONFIG" }],
  ["a pattern that is not a string", [1], {}, { code: "EWORKSPACESCONFIG" }],
  [
    "a damaged package.json",
    ["packages/*"],
    { "packages/b/package.json": "{\n," },
    { code: "EJSONPARSE", details: { file: "packages/b/package.json", line: 2, column: 1 } },
  ],
])("refuses %s", (_, workspaces, files, expected) => {
  let failure: Failure | undefined;
  try {
    folders(workspaces, files);
  } catch (error) {
    if (error instanceof InstallError) failure = withWaysOut(error.failure);
  }
  expect({ code: failure?.code, details: failure?.details }).toEqual(expected);
});

test("keeps every file inside the set", () => {
  const files = new ProjectFiles(
    { "../../etc/x": "1", "/abs/y": "2", "a//./b": new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0x7d]) },
    "/p",
  );
  expect([files.text("/etc/x"), files.text("/p/etc/x"), files.text("/p/abs/y"), files.text("/p/a/c/../b")]).toEqual([
    null,
    "1",
    "2",
    "\ufeff{}",
  ]);
  expect([
    files.isFolder("/p/a"),
    files.isFolder("/p/a/b"),
    [...files.names("/p")].sort(),
    files.key("/p/a/b"),
  ]).toEqual([true, false, ["a", "abs", "etc"], "a/b"]);
});

test("lists the files of directories.bin as commands", () => {
  const files = new ProjectFiles(
    {
      "package.json": '{"_x":1,"name":"p","directories":{"bin":"./cmd"}}',
      "cmd/one": "",
      "cmd/sub/two": "",
      "cmd/.no": "",
    },
    "/p",
  );
  const read = readPackageJson(files, "/p");
  expect(read?.manifest.bin).toEqual({ one: "cmd/one", sub: "cmd/sub", two: "cmd/sub/two" });
  expect(read?.manifest).not.toHaveProperty("_x");
  expect(readPackageJson(files, "/p/cmd")).toBeNull();
});
