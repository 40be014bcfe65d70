import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import type { Failure } from "../../src/api/failure.ts";
import * as core from "../../src/index.ts";
import * as esbuildEntry from "../../web/bundlers/esbuild.ts";
import * as rollupEntry from "../../web/bundlers/rollup.ts";
import * as main from "../../web/index.ts";
import * as modules from "../../web/modules.ts";
import * as sinks from "../../web/sinks.ts";
import { packument, testPackage } from "../install/packages.ts";
import { codeBlocks, ROOT } from "./markdown.ts";

const pages = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"));
const blocks = pages.flatMap((page) =>
  codeBlocks(`docs/${page}`)
    .filter(({ language }) => /^(?:js|ts|jsx)$/.test(language))
    .map((block) => ({ ...block, where: `docs/${page}:${block.line}` })),
);

const ENTRIES = new Map<string, object>([
  ["webhoist", main],
  ["webhoist/core", core],
  ["webhoist/sinks", sinks],
  ["webhoist/modules", modules],
  ["webhoist/esbuild", esbuildEntry],
  ["webhoist/rollup", rollupEntry],
]);

/** The names that a block imports from webhoist, each with its entry. */
function webhoistImports(code: string): { entry: string; name: string }[] {
  return [...code.matchAll(/import \{([^}]*)\} from "(?:https:\/\/[^"]*\/)?(webhoist[^"]*)"/g)].flatMap(
    ([, names = "", from = ""]) => {
      const entry = from.replace(/@.*$/, "");
      return names.split(",").map((name) => ({ entry, name: name.trim().replace(/ as .*/, "") }));
    },
  );
}

describe.each(blocks)("$where", ({ code, language }) => {
  test("the block parses", () => {
    const options = { fileName: `block.${language}`, reportDiagnostics: true };
    const { diagnostics = [] } = ts.transpileModule(code, options);
    expect(diagnostics.map(({ messageText }) => messageText)).toEqual([]);
  });

  test("webhoist exports every name that the block imports", () => {
    const unknown = webhoistImports(code).filter(({ entry, name }) => !(name in (ENTRIES.get(entry) ?? {})));
    expect(unknown).toEqual([]);
  });
});

test("the pages have blocks, and blocks import from webhoist", () => {
  expect(blocks.length).toBeGreaterThan(15);
  expect(blocks.flatMap(({ code }) => webhoistImports(code)).length).toBeGreaterThan(2);
});

/** The members of an interface in src/api. */
function membersOf(name: string): string[] {
  const files = readdirSync(join(ROOT, "src/api"));
  const source = files.map((file) => readFileSync(join(ROOT, "src/api", file), "utf8")).join("\n");
  const body = new RegExp(`\\ninterface ${name} \\{\\n(.*?)\\n\\}`, "s").exec(
    source.replaceAll("\nexport ", "\n"),
  )?.[1];
  return [...(body ?? "").matchAll(/^ {2}(?:readonly )?(\w+)\??[:(]/gm)].map(([, member = ""]) => member);
}

/** The names in backticks in the first cells of the table with this header. The part before `(` counts: `why(name)` is `why`. */
function rowNames(page: string, header: RegExp): string[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  const table = text.slice(text.search(header)).split("\n\n")[0] ?? "";
  return table
    .split("\n")
    .slice(2)
    .flatMap((row) => [...(row.split(" | ")[0] ?? "").matchAll(/`(\w+)[^`]*`/g)].map(([, name = ""]) => name));
}

test.each([
  ["InstallerOptions", "docs/api.md", /^\| option \|/m],
  ["ResolveOptions", "docs/api.md", /^\| options \|(?=[^#]*`add`)/m],
  ["InstallOptions", "docs/api.md", /^\| options \|(?=[^#]*`sink`)(?![^#]*`add`)/m],
  ["Resolution", "docs/api.md", /^\| member of a `Resolution` \|/m],
  ["InstalledProject", "docs/api.md", /^\| member of an `InstalledProject` \|/m],
  ["ImportMapOptions", "docs/import-maps.md", /^\| option \|/m],
  ["ModuleGraphOptions", "docs/modules.md", /^\| option \|/m],
  ["ModuleGraph", "docs/modules.md", /^\| member of a `ModuleGraph` \|/m],
  ["GraphModule", "docs/modules.md", /^\| member of a `GraphModule` \|/m],
])("the members of %s and the table in %s are the same", (name, page, header) => {
  const members = membersOf(name);
  expect(members.length).toBeGreaterThan(5);
  expect(rowNames(page, header).sort()).toEqual(members.sort());
});

test("the members of a report are those that docs/api.md lists", () => {
  const [, list = ""] = /^\| `report` \| (.*) \|$/m.exec(readFileSync(join(ROOT, "docs/api.md"), "utf8")) ?? [];
  const listed = [...list.matchAll(/`(\w+)`/g)].map(([, name]) => name);
  expect(listed.sort()).toEqual(membersOf("InstallReport").sort());
});

test("docs/api.md shows the failure that its project gives", async () => {
  const peer = { peerDependencies: { react: "^18.3.1" } };
  const packages = [testPackage("react@17.0.2"), testPackage("react@18.3.1"), testPackage("react-dom@18.3.1", peer)];
  const fetch = async (input: RequestInfo | URL): Promise<Response> => {
    const name = new Request(input).url.slice("https://registry.example/".length);
    const versions = packages.filter((one) => one.name === name);
    return new Response(JSON.stringify(packument(versions, "https://registry.example/")));
  };
  const options = { registry: "https://registry.example/", fetch, mode: "inline", cache: "none" } as const;
  const installer = await main.createInstaller(options);
  const manifest = { name: "demo", dependencies: { react: "^17.0.0", "react-dom": "^18.0.0" } };
  const files = { "package.json": JSON.stringify(manifest) };
  const failure: Failure = await installer.resolve({ files }).then(
    () => expect.fail("the project resolves"),
    (error) => error.failure,
  );
  const shown = codeBlocks("docs/api.md").find(({ kind }) => kind === "data")?.code ?? "";
  const { details, ...rest } = failure;
  expect(new Function(`return ${shown}`)()).toEqual({ ...rest, details: {} });
  expect(details).toHaveProperty("edge");
});
