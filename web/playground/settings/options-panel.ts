import { byId, fill, h } from "../elements/dom.ts";
import { CHOICES, type Flag, type Settings, type Strategy } from "./page-settings.ts";

const FLAGS: readonly (readonly [Flag, string, string])[] = [
  ["legacyPeerDeps", "legacy-peer-deps", "Leave peer dependencies alone, as npm 6 did"],
  ["strictPeerDeps", "strict-peer-deps", "Fail on any peer conflict, however deep"],
  ["force", "force", "Go on where npm would stop"],
  ["preferDedupe", "prefer-dedupe", "Take a version that is there over a newer one"],
];

const STRATEGIES: Record<Strategy, string> = { npm: "npm’s tree", flat: "Flat: one version of each" };

/** Of each choice its name, and its words as they are told. */
const FIELDS = {
  installStrategy: ["Placed", { hoisted: "hoisted", nested: "nested", shallow: "shallow" }],
  relax: [
    "May give up",
    { none: "nothing: else it fails", peers: "peers: they become warnings", copies: "peers, then several copies" },
  ],
  resolutionMode: [
    "Versions",
    { highest: "highest: npm’s own pick", lowest: "lowest of all", "lowest-direct": "lowest of the project’s own" },
  ],
  prereleases: [
    "Prereleases",
    {
      "as-written": "where a range names one",
      never: "never",
      "if-necessary": "where nothing else fits",
      allow: "like any other version",
    },
  ],
  metadata: ["Metadata", { full: "full: the lock to the byte", abbreviated: "abbreviated: less to load, no license" }],
  mode: [
    "Runs in",
    {
      auto: "auto: the best that starts",
      threads: "threads: two workers that share memory",
      worker: "worker: one worker",
      inline: "inline: this page",
    },
  ],
} as const;

const OF_NPM = ["installStrategy"] as const;
const OF_FLAT = ["relax", "resolutionMode", "prereleases"] as const;

/** Draws the options as they stand; `changed` is called after each change. */
export function showOptions(settings: Settings, changed: () => void): void {
  const done = (): void => {
    note(settings);
    changed();
  };
  const flat = settings.strategy === "flat";
  strategySwitch(settings, () => {
    showOptions(settings, changed);
    done();
  });
  fill(
    byId("options-body"),
    h(
      "div",
      { class: "option-line" },
      ...[...(flat ? OF_FLAT : OF_NPM), "metadata" as const, "mode" as const].map((key) => field(key, settings, done)),
    ),
    flat ? null : h("div", { class: "option-flags" }, ...FLAGS.map((flag) => check(flag, settings, done))),
  );
  note(settings);
}

/** Two radio buttons, drawn as one switch. */
function strategySwitch(settings: Settings, done: () => void): void {
  const focused = document.activeElement?.id;
  const radios = CHOICES.strategy.map((value) => {
    const checked = settings.strategy === value;
    const radio = h("input", { type: "radio", name: "strategy", id: `strategy-${value}`, value, checked });
    radio.addEventListener("change", () => {
      settings.strategy = value;
      done();
    });
    return h("label", {}, radio, h("span", {}, STRATEGIES[value]));
  });
  fill(byId("strategy"), ...radios);
  if (focused?.startsWith("strategy-")) byId(focused).focus();
}

function field(key: keyof typeof FIELDS, settings: Settings, done: () => void): HTMLElement {
  const [title, words] = FIELDS[key];
  const options = Object.entries(words).map(([value, text]) => h("option", { value }, text));
  const select = h("select", { id: `option-${key}` }, ...options);
  select.value = settings[key];
  select.addEventListener("change", () => {
    Object.assign(settings, { [key]: select.value });
    done();
  });
  return h("label", { class: "field" }, h("span", {}, title), select);
}

function check(
  [flag, name, title]: readonly [Flag, string, string],
  settings: Settings,
  done: () => void,
): HTMLElement {
  const box = h("input", { type: "checkbox", id: `option-${flag}`, checked: settings[flag] });
  box.addEventListener("change", () => {
    settings[flag] = box.checked;
    done();
  });
  return h("label", { class: "check" }, box, h("span", {}, h("code", {}, name), h("small", {}, title)));
}

/** What differs from the defaults, readable while the options are folded away. */
function note(settings: Settings): void {
  const { strategy, metadata, mode, installStrategy, relax, resolutionMode, prereleases } = settings;
  const flat = strategy === "flat";
  const words: string[] = [];
  if (metadata !== "full") words.push("abbreviated");
  if (mode !== "auto") words.push(mode);
  if (flat) {
    if (relax !== "none") words.push(`may give up ${relax}`);
    if (resolutionMode !== "highest") words.push(resolutionMode);
    if (prereleases !== "as-written") words.push(`prereleases ${prereleases}`);
  } else {
    if (installStrategy !== "hoisted") words.push(installStrategy);
    words.push(...FLAGS.filter(([flag]) => settings[flag]).map(([, name]) => name));
  }
  byId("options-note").textContent = words.length > 0 ? words.join(", ") : flat ? "defaults" : "npm’s defaults";
}
