import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright";
import { afterAll, expect, test } from "vitest";
import { findChromium } from "../../../scripts/chromium.mjs";
import { parseOptions } from "../../bench/harness/options.ts";
import { Stage } from "../../bench/harness/stage.ts";
import { countGrowth, soak } from "../../bench/soak.ts";
import { writeTiny } from "../../bench/tiny.ts";
import { packed } from "./packed.ts";

const folder = mkdtempSync(join(tmpdir(), "webhoist-soak-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PLAN = { marks: [4, 14, 30], every: 4, rest: 300 };

test.each(["threads", "worker", "inline"])(
  "30 edits and 8 installs in one page leave as many workers, ports, timers, URLs, memories and connections as 14: %s",
  async (mode) => {
    const { project, snapshot } = writeTiny(join(folder, mode));
    const options = parseOptions(["--project", project, "--snapshot", snapshot, "--transports", "h2", "--no-floor"]);
    if (!options) throw new Error("no options");
    const executable = findChromium() ?? chromium.executablePath();
    const dist = join(packed().consumer, "node_modules/webhoist/dist");
    expect(existsSync(dist)).toBe(true);
    const root = fileURLToPath(new URL("../../..", import.meta.url));
    await using stage = await Stage.open(options, { root, executable, dist, folder, say: () => {} }, "soak-page");
    const [tiny] = await stage.projects();
    if (!tiny) throw new Error("no project");
    const result = await soak(stage, tiny, { mode, ...PLAN });
    expect(result.warnings).toBe(0);
    // Checks that something was counted at all.
    const counted = result.weights.map(({ counts }) => counts.length);
    expect(counted).toEqual(Array(3).fill({ threads: 4, worker: 3, inline: 1 }[mode]));
    expect(countGrowth(result)).toEqual([]);
  },
  60_000,
);
