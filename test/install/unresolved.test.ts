import { expect, test } from "vitest";
import type { InstalledProject } from "../../src/api/install.ts";
import { createInstaller } from "../../web/index.ts";
import { PLATFORM } from "../conformance/recorded.ts";
import { type FakeRegistry, fakeRegistry } from "../support/fake-registry.ts";
import { failureOf } from "../support/outcome.ts";
import { PLACEHOLDER } from "../support/registry/snapshot.ts";
import { fakeTarball } from "../support/tarball.ts";
import { lockOf } from "./plan-answers.ts";

const A = fakeTarball({ "package.json": { name: "@s/a", version: "1.0.0" }, "index.js": "a" });
const OTHER = fakeTarball({ "package.json": { name: "@s/a", version: "2.0.0" } });

/** A registry with its tarballs at addresses that nobody can guess. */
function oddRegistry(integrity: string | undefined = A.integrity): FakeRegistry {
  const dist = (version: string, hash?: string) => ({
    tarball: `${PLACEHOLDER}download/-/${version}/x`,
    ...(hash && { integrity: hash }),
  });
  return fakeRegistry(
    { "@s/a@1.0.0": { dist: dist("1.0.0", integrity) }, "@s/a@2.0.0": { dist: dist("2.0.0", OTHER.integrity) } },
    { tarballs: { "download/-/1.0.0/x": A.bytes, "download/-/2.0.0/x": OTHER.bytes } },
  );
}

/** Installs a lock. `asked` are the requested paths, in order. */
async function install(
  packages: Record<string, object>,
  registry = oddRegistry(),
): Promise<{ project: InstalledProject; asked: string[] }> {
  const asked: string[] = [];
  const installer = await createInstaller({
    registry: registry.url,
    fetch: (url, init) => {
      asked.push(new URL(String(url)).pathname);
      return registry.fetch(url, init);
    },
    mode: "inline",
    platform: PLATFORM,
    retries: 0,
    cache: "none",
  });
  try {
    const names = Object.keys(packages).map((location) => location.slice("node_modules/".length));
    const root = { dependencies: Object.fromEntries(names.map((name) => [name, "*"])) };
    return { project: await installer.install(lockOf(packages, root)), asked };
  } finally {
    installer.dispose();
  }
}

test("a lock without addresses asks each packument once, and then for the tarballs that it names", async () => {
  const { project, asked } = await install({
    "node_modules/@s/a": { version: "1.0.0", integrity: A.integrity },
    "node_modules/b": { name: "@s/a", version: "2.0.0", integrity: OTHER.integrity },
  });
  expect(asked[0]).toBe("/@s%2fa");
  expect([...asked].sort()).toEqual(["/@s%2fa", "/download/-/1.0.0/x", "/download/-/2.0.0/x"]);
  expect(project.paths()).toContain("node_modules/@s/a/index.js");
  expect(project.report.warnings).toEqual([]);
});

test("an entry with an address asks no packument", async () => {
  const resolved = `${PLACEHOLDER}download/-/1.0.0/x`;
  const { asked } = await install({ "node_modules/@s/a": { version: "1.0.0", resolved, integrity: A.integrity } });
  expect(asked).toEqual(["/download/-/1.0.0/x"]);
});

test("without integrity in the lock, that of the packument counts", async () => {
  const { project } = await install({ "node_modules/@s/a": { version: "1.0.0" } });
  expect(project.report.warnings).toEqual([]);
  const changed = install({ "node_modules/@s/a": { version: "1.0.0" } }, oddRegistry(OTHER.integrity));
  expect((await failureOf(changed)).code).toBe("EINTEGRITY");
});

test.each([
  ["the packument lacks the version", { version: "3.0.0" }, "ETARGET"],
  ["the registry lacks the package", { name: "none", version: "1.0.0" }, "E404"],
  ["the tarball differs from the lock", { version: "1.0.0", integrity: OTHER.integrity }, "EINTEGRITY"],
])("%s", async (_, entry, code) => {
  expect((await failureOf(install({ "node_modules/@s/a": entry }))).code).toBe(code);
});

test("an optional package without a tarball is left out", async () => {
  const { project } = await install({ "node_modules/@s/a": { version: "3.0.0", optional: true } });
  expect(project.report.skipped).toMatchObject([{ name: "@s/a", why: "failed" }]);
});
