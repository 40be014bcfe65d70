import { byId, h, setChildren } from "../elements/dom.ts";
import { type NpmFlag, type PageSettings, SETTING_CHOICES, type Strategy } from "./page-settings.ts";

const FLAG_TEXTS: readonly (readonly [NpmFlag, string, string])[] = [
  ["legacyPeerDeps", "legacy-peer-deps", "Leave peer dependencies alone, as npm 6 did"],
  ["strictPeerDeps", "strict-peer-deps", "Fail on any peer conflict, however deep"],
  ["force", "force", "Go on where npm would stop"],
  ["preferDedupe", "prefer-dedupe", "Take a version that is there over a newer one"],
];

const STRATEGY_TEXTS: Record<Strategy, string> = { npm: "npm’s tree", flat: "Flat: one version of each" };

/** Of each choice its name, and its words as they are told. */
const CHOICE_TEXTS = {
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

const NPM_CHOICES = ["installStrategy"] as const;
const FLAT_CHOICES = ["relax", "resolutionMode", "prereleases"] as const;

/** Draws the options as they stand; `changed` is called after each change. */
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

/** Two radio buttons, drawn as one switch. */
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

/** What differs from the defaults, readable while the options are folded away. */
function showChangedOptions(settings: PageSettings): void {
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
    words.push(...FLAG_TEXTS.filter(([flag]) => settings[flag]).map(([, name]) => name));
  }
  byId("options-note").textContent = words.length > 0 ? words.join(", ") : flat ? "defaults" : "npm’s defaults";
}
