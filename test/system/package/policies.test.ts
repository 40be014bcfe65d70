import { cpSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ISOLATION } from "../../../scripts/serve.mjs";
import { app, expectInline, page, project, THREADS, useChromium, WORKER } from "./consumer.ts";
import { packed } from "./packed.ts";
import { serveSite } from "./servers.ts";

const { registry, visit, visitBoth, visitIsolated } = useChromium();

const dist = (): string => join(packed().consumer, "node_modules/webhoist/dist");

/** Writes a page beside a copy of the library. `old.js` sends the first message of an older version's worker. */
function site(): string {
  const files = { "index.html": page("main.js"), "main.js": app("./webhoist/index.js") };
  const folder = project("policies", { ...files, "old.js": 'postMessage("webhoist 0.0.1")' });
  cpSync(dist(), join(folder, "webhoist"), { recursive: true });
  return folder;
}

const under = (policy: string) => ({ headers: { "content-security-policy": policy } });

// The policy has no 'unsafe-eval' and no blob:, and allows no inline scripts.
test("everything works under a strict policy", async () => {
  const policy = `default-src 'none'; script-src 'self'; worker-src 'self'; connect-src ${registry()}`;
  expect(await visitBoth(site(), under(policy))).toEqual([THREADS, WORKER]);
  expect(await visitIsolated(site(), { ...under(policy), options: { io: "worker" } })).toEqual(THREADS);
});

test("a policy that forbids workers leads to mode inline, and modeReason names it", async () => {
  const { headers } = under("worker-src 'none'");
  expectInline(await visitIsolated(site(), { headers }), /not worker: .*worker-src forbids http/);
  for (const mode of ["threads", "worker"]) {
    const { code, message } = await visitIsolated(site(), { headers, options: { mode } });
    expect(code).toBe("EMODE");
    expect(message).toMatch(/worker-src forbids http/);
  }
});

test("a page with trusted types needs to allow only the policy webhoist", async () => {
  const policy = "require-trusted-types-for 'script'; trusted-types";
  expect(await visitBoth(site(), under(`${policy} webhoist`))).toEqual([THREADS, WORKER]);
  expectInline(await visitIsolated(site(), under(`${policy} other`)), /not worker: .*[Pp]olicy "webhoist"/);
});

test("threads start although the scripts lack the headers of the isolated page", async () => {
  await using isolated = await serveSite(site(), (path) => (path.endsWith(".html") ? ISOLATION : {}));
  expect(await visit(isolated.base)).toEqual(THREADS);
});

test("a worker of another version is not used", async () => {
  const answer = await visitIsolated(site(), { options: { workerUrl: "old.js" } });
  expectInline(answer, /its file is webhoist 0\.0\.1, but this page has webhoist /);
});

/** Serves a copy of the library from another origin, without the files that match `leaveOut`, and writes a page that imports it. */
async function serveFromCdn(name: string, leaveOut = /\.map$/) {
  const copy = project(`${name}-copy`, { "index.html": "" });
  cpSync(dist(), copy, { recursive: true, filter: (path) => !leaveOut.test(path) });
  const cdn = await serveSite(copy, () => ({ "access-control-allow-origin": "*" }));
  const folder = project(name, { "index.html": page("main.js"), "main.js": app(`${cdn.base}index.js`) });
  return { folder, cdn: cdn.base, [Symbol.asyncDispose]: () => cdn[Symbol.asyncDispose]() };
}

test("a page can import the library from another origin", async () => {
  await using library = await serveFromCdn("elsewhere");
  expect(await visitBoth(library.folder)).toEqual([THREADS, WORKER]);
  const scripts = `script-src 'self' ${library.cdn}`;
  expect(await visitIsolated(library.folder, under(`${scripts}; worker-src blob:`))).toEqual(THREADS);
  expectInline(await visitIsolated(library.folder, under(`${scripts}; worker-src 'self'`)), /worker-src forbids blob/);
  await using plain = await serveSite(site());
  expect(await visit(plain.base, { workerUrl: `${library.cdn}webhoist-worker.js` })).toEqual(WORKER);
});

test("without the worker's file on the other origin, the mode is inline", async () => {
  await using library = await serveFromCdn("elsewhere-alone", /worker\.js$/);
  expectInline(await visitIsolated(library.folder), /http.*webhoist-worker\.js/);
});
