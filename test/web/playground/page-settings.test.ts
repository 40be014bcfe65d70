import { afterEach, expect, test, vi } from "vitest";
import { loadSettings, resolveOptionsOf, settingForOption } from "../../../web/playground/settings/page-settings.ts";

afterEach(() => vi.unstubAllGlobals());

function kept(settings: Readonly<Record<string, unknown>>): void {
  vi.stubGlobal("localStorage", { getItem: () => JSON.stringify(settings) });
}

test.each([
  ["relax: copies", { relax: "copies" }],
  ["relax=peers", { relax: "peers" }],
  ["--prereleases if-necessary", { prereleases: "if-necessary" }],
  ["resolution-mode: lowest-direct", { resolutionMode: "lowest-direct" }],
  ["--legacy-peer-deps", { legacyPeerDeps: true }],
  ["strictPeerDeps", { strictPeerDeps: false }],
  ["relax", null],
  ["relax: everything", null],
  ["before", null],
  ["constructor: name", null],
])("the option %j of a way out changes a setting", (option, setting) => {
  expect(settingForOption(option)).toEqual(setting);
});

test("stored settings are loaded; unknown values get their defaults", () => {
  kept({ strategy: "flat", relax: "copies", prereleases: "sometimes", mode: "fast", force: true });
  const settings = loadSettings();
  expect(settings).toMatchObject({ strategy: "flat", relax: "copies", prereleases: "as-written", mode: "auto" });
  expect(resolveOptionsOf(settings)).toEqual({ strategy: "flat", relax: "copies" });
  settings.strategy = "npm";
  expect(resolveOptionsOf(settings)).toEqual({ force: true });
});
