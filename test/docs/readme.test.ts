import { readFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "node:util";
import { expect, test } from "vitest";
import { explain } from "../../src/explain/explain.ts";
import { createInstaller, InstallError, type InstallerOptions } from "../../web/index.ts";
import { createTreeSink } from "../../web/sinks.ts";
import { type CodeBlock, codeBlocks, ROOT } from "./markdown.ts";
import { registryBody } from "./readme-registry.ts";

const blocks = codeBlocks("README.md");
const REGISTRY = "https://registry.example/";
const ACME = "https://npm.acme.example/";
const CLOSED = "https://npm.closed.example/";
const RELAY = "https://docs.example/npm-relay/";

/** The registries that the examples name: one needs a token, one refuses cross-origin reads, one is a relay. */
async function fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const { url, headers } = new Request(input, init);
  if (url.startsWith(CLOSED)) throw new TypeError("Failed to fetch");
  if (url.startsWith(ACME) && headers.get("authorization") !== "Bearer npm_1a2b3c") {
    return new Response("{}", { status: 401 });
  }
  const base = [ACME, RELAY, REGISTRY].find((one) => url.startsWith(one)) ?? "";
  const body = registryBody(url.slice(base.length), base === RELAY ? CLOSED : base);
  const type = typeof body === "string" ? "application/json" : "application/octet-stream";
  return new Response(body ?? "{}", { status: body === undefined ? 404 : 200, headers: { "content-type": type } });
}

/** Runs an example as a module. Returns the lines that it prints, and the tree that it mounts. */
async function run({ code }: CodeBlock): Promise<{ lines: string[]; mounted: unknown }> {
  const lines: string[] = [];
  const print = (...words: unknown[]): void => void lines.push(format(...words));
  let mounted: unknown;
  const names = {
    createInstaller: (options: InstallerOptions = {}) =>
      createInstaller({ registry: REGISTRY, ...options, fetch, mode: "inline", cache: "none" }),
    InstallError,
    createTreeSink,
    explain,
    webcontainer: {
      mount: async (tree: unknown) => {
        mounted = tree;
      },
    },
    console: { log: print, error: print },
  };
  const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor as FunctionConstructor;
  await AsyncFunction(...Object.keys(names), code.replace(/^import .*\n/gm, ""))(...Object.values(names));
  return { lines, mounted };
}

const example = (heading: string): CodeBlock =>
  blocks.find((block) => block.heading === heading && block.language === "js") as CodeBlock;

test("the first example prints npm's lock and a verified file", async () => {
  const { lines } = await run(example("webhoist"));
  expect(JSON.parse(lines[0] as string).packages["node_modules/react"].version).toBe("19.3.1");
  expect(lines[1]).toBe('module.exports = "react@19.3.1";\n');
});

test.each([
  ["A private registry with a token", "{ '@acme/ui': '1.2.0' }"],
  ["A relay", "{ react: '19.3.1' }"],
  ["Why is this package here?", "react-dom@^18.3.1 > scheduler@^0.23.2"],
])("%s: prints %s", async (heading, line) => {
  expect((await run(example(heading))).lines).toEqual([line]);
});

test("the README quotes the line that its last recipe prints", () => {
  expect(readFileSync(join(ROOT, "README.md"), "utf8")).toContain("It prints `react-dom@^18.3.1 > scheduler@^0.23.2`.");
});

test("WebContainers: mounts a tree with the installed files", async () => {
  const { mounted } = await run(example("WebContainers"));
  expect(mounted).toHaveProperty(["node_modules", "directory", "react", "directory", "index.js", "file", "contents"]);
});

test("Isolation headers: the configuration sets both headers", async () => {
  const { code } = example("Isolation headers");
  const { default: config } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
    default: { server: { headers: Record<string, string> } };
  };
  expect(config.server.headers).toEqual({
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
  });
});

test("the shell blocks name this package and scripts that exist", () => {
  const { name, scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const lines = blocks.filter(({ language }) => language === "sh").flatMap(({ code }) => code.trim().split("\n"));
  for (const line of lines) {
    const [, command = "", word] = /^npm (\S+)(?: (\S+))?/.exec(line) ?? [];
    if (command === "install") expect(word).toBe(name);
    else expect(Object.keys(scripts)).toContain(command);
  }
});

/** The test that runs each kind of block. The test below fails for any other kind. */
const RUN_BY: Record<string, string> = {
  "js ": "this file, or test/flat/readme.test.ts",
  "js config": "this file",
  "sh ": "this file",
  "text ": "test/flat/readme.test.ts",
  "js vite": "test/system/package/readme.test.ts",
  "html page": "test/system/package/readme.test.ts",
  "jsx react": "test/system/package/readme.test.ts",
};

test("every block of the README is run by a test", () => {
  const unknown = blocks.filter(({ language, kind }) => !(`${language} ${kind}` in RUN_BY));
  expect(unknown.map(({ line }) => `README.md:${line}`)).toEqual([]);
  const plain = blocks.filter(({ language, kind }) => language === "js" && kind === "").map(({ heading }) => heading);
  expect(plain).toEqual([
    "webhoist",
    "A private registry with a token",
    "A relay",
    "WebContainers",
    "Why is this package here?",
    "One version of each package",
  ]);
});
