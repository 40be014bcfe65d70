import { byId, h, setChildren } from "../elements/dom.ts";
import { type NpmFlag, type PageSettings, SETTING_CHOICES, type Strategy } from "./page-settings.ts";

const FLAG_TEXTS: readonly (readonly [NpmFlag, string, string])[] = [
  ["legacyPeerDeps", "legacy-peer-deps", "Ignore peer dependencies, as npm 6 did"],
  ["strictPeerDeps", "strict-peer-deps", "Fail on any peer conflict, even deep in the tree"],
  ["force", "force", "Continue where npm would stop with an error"],
  ["preferDedupe", "prefer-dedupe", "Prefer a version already in the tree to a newer one"],
];

const STRATEGY_TEXTS: Record<Strategy, string> = { npm: "npm’s tree", flat: "Flat: no duplicates" };

/** The label of each choice and the text of each value. Values start with the word that the API uses. */
const CHOICE_TEXTS = {
  installStrategy: [
    "Install strategy",
    {
      hoisted: "hoisted: npm’s default",
      nested: "nested: no hoisting",
      shallow: "shallow: only direct ones on top",
    },
  ],
  relax: [
    "Relax",
    {
      none: "none: report conflicts",
      peers: "peers: unmet peers only warn",
      copies: "copies: allow several versions",
    },
  ],
  resolutionMode: [
    "Resolution mode",
    {
      highest: "highest: npm’s choice",
      lowest: "lowest: for all packages",
      "lowest-direct": "lowest-direct: for direct ones only",
    },
  ],
  prereleases: [
    "Prereleases",
    {
      "as-written": "as-written: npm’s rule",
      never: "never: no prereleases",
      "if-necessary": "if-necessary: if nothing else fits",
      allow: "allow: like any other version",
    },
  ],
  metadata: ["Metadata", { full: "full: npm’s exact lockfile", abbreviated: "abbreviated: smaller, no licenses" }],
  mode: [
    "Mode",
    {
      auto: "auto: fastest available",
      threads: "threads: workers, shared memory",
      worker: "worker: one worker",
      inline: "inline: on the main thread",
    },
  ],
} as const;

const NPM_CHOICES = ["installStrategy"] as const;
const FLAT_CHOICES = ["relax", "resolutionMode", "prereleases"] as const;

/** Draws the options for the current settings. Calls `changed` after each change. */
export function showOptions(settings: PageSettings, changed: () => void): void {
  const done = (): void => {
    showChangedOptions(settings);
    changed();
  };
  const flat = settings.strategy === "flat";
  strategySwitch(settings, () => {
    showOptions(settings, changed);
    done();
  });
  setChildren(
    byId("options-body"),
    h(
      "div",
      { class: "option-line" },
      ...[...(flat ? FLAT_CHOICES : NPM_CHOICES), "metadata" as const, "mode" as const].map((key) =>
        choiceField(key, settings, done),
      ),
    ),
    flat ? null : h("div", { class: "option-flags" }, ...FLAG_TEXTS.map((flag) => flagCheckbox(flag, settings, done))),
  );
  showChangedOptions(settings);
}

/** Draws the strategies as radio buttons that look like one switch. */
function strategySwitch(settings: PageSettings, done: () => void): void {
  const focused = document.activeElement?.id;
  const radios = SETTING_CHOICES.strategy.map((value) => {
    const checked = settings.strategy === value;
    const radio = h("input", { type: "radio", name: "strategy", id: `strategy-${value}`, value, checked });
    radio.addEventListener("change", () => {
      settings.strategy = value;
      done();
    });
    return h("label", {}, radio, h("span", {}, STRATEGY_TEXTS[value]));
  });
  setChildren(byId("strategy"), ...radios);
  if (focused?.startsWith("strategy-")) byId(focused).focus();
}

function choiceField(key: keyof typeof CHOICE_TEXTS, settings: PageSettings, done: () => void): HTMLElement {
  const [title, words] = CHOICE_TEXTS[key];
  const options = Object.entries(words).map(([value, text]) => h("option", { value }, text));
  const select = h("select", { id: `option-${key}` }, ...options);
  select.value = settings[key];
  select.addEventListener("change", () => {
    Object.assign(settings, { [key]: select.value });
    done();
  });
  return h("label", { class: "field" }, h("span", {}, title), select);
}

function flagCheckbox(
  [flag, name, title]: readonly [NpmFlag, string, string],
  settings: PageSettings,
  done: () => void,
): HTMLElement {
  const box = h("input", { type: "checkbox", id: `option-${flag}`, checked: settings[flag] });
  box.addEventListener("change", () => {
    settings[flag] = box.checked;
    done();
  });
  return h("label", { class: "check" }, box, h("span", {}, h("code", {}, name), h("small", {}, title)));
}

/** Lists the options that differ from their defaults. Visible while the options are collapsed. */
function showChangedOptions(settings: PageSettings): void {
  const { strategy, metadata, mode, installStrategy, relax, resolutionMode, prereleases } = settings;
  const flat = strategy === "flat";
  const words: string[] = [];
  if (metadata !== "full") words.push("abbreviated metadata");
  if (mode !== "auto") words.push(`mode: ${mode}`);
  if (flat) {
    if (relax !== "none") words.push(`relax: ${relax}`);
    if (resolutionMode !== "highest") words.push(`resolution mode: ${resolutionMode}`);
    if (prereleases !== "as-written") words.push(`prereleases: ${prereleases}`);
  } else {
    if (installStrategy !== "hoisted") words.push(`install strategy: ${installStrategy}`);
    words.push(...FLAG_TEXTS.filter(([flag]) => settings[flag]).map(([, name]) => name));
  }
  byId("options-note").textContent = words.length > 0 ? words.join(", ") : flat ? "defaults" : "npm’s defaults";
}
