import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hiddenLock } from "../../src/install/hidden-lock.ts";
import { type Answer, planLike, shown } from "./answers.ts";

const recorded = process.env["WEBHOIST_REGISTRY"];
const SCRIPT = new URL("./npm-answers.mjs", import.meta.url).pathname;

/** npm itself, asked now: it takes a minute. */
describe.runIf(recorded)("real projects, beside npm", () => {
  const folder = mkdtempSync(join(tmpdir(), "plan-recorded-"));
  let server: ReturnType<typeof spawn>;
  let origin = "";

  beforeAll(async () => {
    server = spawn(process.execPath, [join(recorded!, "server.mjs"), "--snapshot", join(recorded!, "snapshot")]);
    origin = await new Promise((listening) => {
      server.stdout?.once("data", (line) => listening(`${String(line).trim()}/`));
    });
  });
  afterAll(() => {
    server.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  const wasm = ["--os", "linux", "--cpu", "wasm32", "--libc", "none"];
  test.each([
    // its lock has optional packages whose tarballs were not recorded: `npm ci` would stop at them
    ["vite-react-ts", ["--install"]],
    ["vite-react-ts", ["--install", "--omit", "dev"]],
    ["vite-react-ts", ["--install", ...wasm]],
    ["create-react-app", []],
  ])("%s %j", { timeout: 600_000 }, async (name, words) => {
    const project = join(recorded!, "projects", name);
    const out = join(folder, "answer.json");
    const args = [SCRIPT, "--project", project, "--registry", origin, "--out", out, ...words];
    await promisify(execFile)(process.execPath, args);
    const { options, ...answer } = JSON.parse(readFileSync(out, "utf8")) as Answer;
    const lock = readFileSync(join(project, "package-lock.json"), "utf8");
    const plan = planLike(options, lock);
    expect(shown(plan)).toEqual({ folders: answer.folders, links: answer.links });
    expect(hiddenLock(lock, plan)).toBe(answer.hiddenLock);
  });
});
