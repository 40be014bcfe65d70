import { expect, test } from "vitest";
import type { InstallerOptions } from "../../../src/api/resolve.ts";
import { create, expectLeft, openTab, SETUPS, type Setup, stageOfFile } from "./setups.ts";
import type { Tab } from "./tab.ts";

// Callbacks that throw or never answer, and input that cannot be sent to a worker.

const stage = stageOfFile();

const BY_PAGE = SETUPS.filter(({ io }) => io === "page");

/** Returns the options of a setup. The page adds callbacks, because functions cannot be sent to it. */
const optionsOf = (tab: Tab, { mode, io }: Setup) =>
  ({ mode, io, registry: tab.registry.url, workerUrl: "/worker.js", cache: "none", retries: 0 }) as const;

test.each(SETUPS)("a failing onProgress becomes a warning and is not called again: $mode, io $io", async (setup) => {
  await using tab = await openTab(stage(), setup);
  await tab.call((life) => life.dispose());
  const heard = await tab.call(
    async (life, given) => {
      const heard: string[] = [];
      let how: "throws" | "rejects" | "listens" = "throws";
      const onProgress = ({ phase }: { phase: string }): void => {
        heard.push(how, phase);
        if (how === "throws") throw new Error("deaf");
        if (how === "rejects") return void (Promise.reject(new Error("deaf")) as unknown);
      };
      const rejects = (): Promise<never> => Promise.reject(new Error("deaf"));
      await life.create({
        ...given,
        onProgress: (progress) => (how === "rejects" ? (rejects() as never) : onProgress(progress)),
      });
      for (how of ["throws", "rejects", "listens"] as const) {
        life.resolve(how);
        await life.ended();
      }
      return heard;
    },
    optionsOf(tab, setup),
  );
  expect(await tab.fate("throws")).toMatchObject({ is: "right", warnings: ["EPROGRESS"] });
  expect(await tab.fate("rejects")).toMatchObject({ is: "right", warnings: ["EPROGRESS"] });
  expect(await tab.fate("listens")).toMatchObject({ is: "right", warnings: [] });
  expect(heard.filter((word) => word === "throws")).toHaveLength(1);
  expect(heard.at(-1)).toBe("write");
  await expectLeft(tab, setup.workers, "progress");
});

test.each(BY_PAGE)("a faulty fetch fails the run with EUNREACHABLE or ETIMEDOUT: $mode", async (setup) => {
  await using tab = await openTab(stage(), setup);
  await tab.call((life) => life.dispose());
  const ways = ["throws", "rejects", "nothing", "no body", "never"] as const;
  for (const way of ways) {
    await tab.call(
      async (life, { options, way }) => {
        const never = new Promise<never>(() => {});
        const fetches = {
          throws: () => {
            throw new Error("no");
          },
          rejects: () => Promise.reject(null),
          nothing: async () => undefined as unknown as Response,
          "no body": async () =>
            ({ ok: true, status: 200, headers: new Headers(), arrayBuffer: () => never }) as unknown as Response,
          never: () => never,
        };
        await life.create({ ...options, timeout: 5, fetch: fetches[way] });
        life.resolve(way);
      },
      { options: optionsOf(tab, setup), way },
    );
    expect(await tab.ended(way), way).toBe(way === "never" || way === "no body" ? "ETIMEDOUT" : "EUNREACHABLE");
    await expectLeft(tab, setup.workers, way);
    await tab.call((life) => life.dispose());
  }
  await tab.call(
    async (life, options) => {
      await life.create({ ...options, fetch: () => new Promise<never>(() => {}) });
      life.resolve("stopped");
      await life.frames(3);
      life.stop("stopped");
    },
    optionsOf(tab, setup),
  );
  expect(await tab.ended("stopped")).toMatch("AbortError");
  await expectLeft(tab, setup.workers, "stopped");
});

test.each(SETUPS)("the limits on requests hold on the thread that fetches: $mode, io $io", async (setup) => {
  await using tab = await openTab(stage(), setup, { packumentLimit: 10 });
  await tab.call((life) => life.resolve("large"));
  expect(await tab.ended("large")).toMatch("ELIMIT");
  await expectLeft(tab, setup.workers, "large");
  await tab.call((life) => life.dispose());
  await create(tab, setup, { deadline: 100, retries: 0 });
  tab.registry.behaviours = { p7: "stall" };
  await tab.call((life) => life.resolve("late"));
  expect(await tab.ended("late")).toMatch("ETIMEDOUT");
  await tab.call((life) => life.dispose());
  await expectLeft(tab, 0, "late");
});

test.each(SETUPS)(
  "token is called once for each URL and run, and a faulty one fails with ENEEDAUTH: $mode, io $io",
  async (setup) => {
    await using tab = await openTab(stage(), setup);
    await tab.call((life) => life.dispose());
    const options = optionsOf(tab, setup);
    const asked = await tab.call(async (life, options) => {
      const asked: string[] = [];
      const token: InstallerOptions["token"] = (url, { registry }) => {
        asked.push(url, registry);
        return `hush-${asked.length}`;
      };
      await life.create({ ...options, token });
      // Full manifests are requested through a second port, if the engine has one.
      for (const name of ["first", "second"]) {
        life.resolve(name, { completeLockfile: true });
        await life.ended();
      }
      life.dispose();
      return asked;
    }, options);
    expect(await tab.fate("second")).toMatchObject({ is: "right", warnings: [] });
    const { url } = tab.registry;
    const urls = asked.filter((_, i) => i % 2 === 0);
    expect(new Set(asked.filter((_, i) => i % 2 === 1))).toEqual(new Set([url]));
    expect(urls.length).toBe(2 * new Set(urls).size);
    expect(urls.every((asked) => asked.startsWith(url))).toBe(true);
    // One of each run's values names its part of the store, and is sent with no request.
    expect(new Set(tab.registry.authorizations).size).toBe(urls.length - 2);

    for (const way of ["throws", "gives a function", "never answers"] as const) {
      await tab.call(
        async (life, { options, way }) => {
          const ways = {
            throws: () => {
              throw new Error("hush");
            },
            "gives a function": () => (() => {}) as unknown as string,
            "never answers": () => new Promise<never>(() => {}),
          };
          await life.create({ ...options, cache: "default", token: ways[way] });
          life.resolve(way);
          life.follow(`${way}: packument`, () => life.installer.packument("p0"));
          await life.frames(3);
          if (way === "never answers") life.stop(way);
        },
        { options, way },
      );
      expect(await tab.ended(way), way).toMatch(way === "never answers" ? "AbortError" : "ENEEDAUTH");
      await tab.call((life) => life.dispose());
      expect(await tab.ended(`${way}: packument`), way).toMatch(way === "never answers" ? "EDISPOSED" : "ENEEDAUTH");
      await expectLeft(tab, 0, way);
    }
  },
);

test("input that is not plain data fails in the same way in every mode", async () => {
  const failures: Record<string, unknown>[] = [];
  for (const setup of BY_PAGE) {
    await using tab = await openTab(stage(), setup);
    failures.push(
      await tab.call(async (life) => {
        const text = '{"name":"project","dependencies":{"p0":"^1.0.0"}}';
        const gone = new Uint8Array(8);
        structuredClone(gone, { transfer: [gone.buffer] });
        const thrower = {
          get "package.json"(): string {
            throw new Error("no");
          },
        };
        const nullThrower = new Proxy(
          {},
          {
            ownKeys: () => {
              throw null;
            },
          },
        );
        const revoked = Proxy.revocable({}, {});
        revoked.revoke();
        const loop: Record<string, unknown> = {};
        loop["loop"] = loop;
        const files = { "package.json": text };
        const inputs: Record<string, [unknown, unknown?]> = {
          proxies: [new Proxy({ files: new Proxy(files, {}) }, {}), new Proxy({ add: new Proxy(["p1"], {}) }, {})],
          "bytes and a date": [{ files: { "package.json": new TextEncoder().encode(text) } }, { before: new Date() }],
          none: [undefined],
          "no files": [{}],
          "null files": [{ files: null }],
          "files that are text": [{ files: text }],
          function: [{ files: { ...files, "a.js": () => {} } }],
          object: [{ files: { "package.json": { name: "project" } } }],
          number: [{ files: { ...files, x: 5 } }],
          symbol: [{ files: { ...files, x: Symbol("x") } }],
          "transferred away": [{ files: { ...files, x: gone } }],
          getter: [{ files: thrower }],
          "throws null": [{ files: nullThrower }],
          revoked: [{ files: revoked.proxy }],
          "a root that is none": [{ files, root: 5 }],
          "function in options": [{ files }, { add: [() => "p1"] }],
          "map in options": [{ files }, { update: new Map() }],
          "getter in options": [
            { files },
            {
              get add() {
                throw new Error("no");
              },
            },
          ],
          "a signal that is none": [{ files }, { signal: {} }],
        };
        for (const [name, [project, options]] of Object.entries(inputs)) {
          life.follow(name, () => life.installer.resolve(project as never, options as never));
        }
        await life.ended();
        return Object.fromEntries(
          Object.entries(life.fates).map(([name, { is, message }]) => [name, `${is} ${message}`]),
        );
      }),
    );
    await expectLeft(tab, setup.workers, setup.mode);
  }
  const [first = {}, ...others] = failures;
  expect(first).toMatchInlineSnapshot(`
    {
      "a root that is none": "EINVALIDINPUT project.root must be text.",
      "a signal that is none": "EINVALIDOPTION options.signal must be an AbortSignal.",
      "bytes and a date": "right undefined",
      "files that are text": "EINVALIDINPUT project.files must be an object of files.",
      "function": "EINVALIDINPUT project.files["a.js"] must be plain data, not a Function.",
      "function in options": "EINVALIDOPTION options.add.0 must be plain data, not a Function.",
      "getter": "EINVALIDINPUT project.files["package.json"] cannot be read (no).",
      "getter in options": "EINVALIDOPTION options cannot be read (no).",
      "map in options": "EINVALIDOPTION options.update must be plain data, not a Map.",
      "no files": "EINVALIDINPUT project.files must be an object of files.",
      "none": "EINVALIDINPUT project.files must be an object of files.",
      "null files": "EINVALIDINPUT project.files must be an object of files.",
      "number": "EINVALIDINPUT project.files["x"] must be text or bytes.",
      "object": "EINVALIDINPUT project.files["package.json"] must be text or bytes.",
      "proxies": "right undefined",
      "revoked": "EINVALIDINPUT project.files cannot be read (Cannot perform 'Object.prototype.toString' on a proxy that has been revoked).",
      "symbol": "EINVALIDINPUT project.files.x must be plain data, not a Symbol.",
      "throws null": "EINVALIDINPUT project.files cannot be read (null).",
      "transferred away": "EINVALIDINPUT project.files.x cannot be read (Cannot perform Construct on a detached ArrayBuffer).",
    }
  `);
  for (const other of others) expect(other).toEqual(first);
});

test("io: 'worker' rejects a custom fetch, and falls back to the page or fails if no worker starts", async () => {
  const [threads] = SETUPS as [Setup];
  await using tab = await openTab(stage(), threads);
  await tab.call((life) => life.dispose());
  const options = { registry: tab.registry.url, cache: "none", io: "worker" } as const;
  const outcome = (given: object): Promise<unknown> =>
    tab.call(
      (life, given) =>
        life.create("fetch" in given ? { ...given, fetch: globalThis.fetch } : given).catch(({ code }) => code),
      { ...options, ...given },
    );
  expect(await outcome({ fetch: 1, workerUrl: "/worker.js" })).toBe("EINVALIDOPTION");
  expect(await outcome({ mode: "inline", workerUrl: "/nowhere.js" })).toBe("EMODE");
  for (let times = 0; times < 5; times++) {
    expect(await outcome({ workerUrl: "/nowhere.js" })).toMatchObject({ mode: "inline" });
    await expectLeft(tab, 0, "once more");
  }
  const fallen = (await outcome({ workerUrl: "/nowhere.js" })) as { mode: string; modeReason: string };
  expect(fallen.mode).toBe("inline");
  expect(fallen.modeReason).toMatch('not inline with io "worker"');
  await tab.call((life) => life.resolve("a"));
  expect(await tab.ended("a")).toBe("right");
  await expectLeft(tab, 0, "fallen back");
});
