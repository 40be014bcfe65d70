import { byId, fill, h } from "./dom.ts";
import { type Flag, MODES, type Settings } from "./settings.ts";

const FLAGS: readonly (readonly [Flag, string, string])[] = [
  ["legacyPeerDeps", "legacy-peer-deps", "Leave peer dependencies alone, as npm 6 did"],
  ["strictPeerDeps", "strict-peer-deps", "Fail on any peer conflict, however deep"],
  ["force", "force", "Go on where npm would stop"],
  ["preferDedupe", "prefer-dedupe", "Take a version that is there over a newer one"],
];

/** Draws the options as they stand; `changed` is called after each change. */
export function showOptions(settings: Settings, changed: () => void): void {
  const flags = FLAGS.map(([flag, name, title]) => {
    const box = h("input", { type: "checkbox", id: `option-${flag}`, checked: settings[flag] });
    box.addEventListener("change", () => {
      settings[flag] = box.checked;
      note(settings);
      changed();
    });
    return h("label", { class: "check" }, box, h("span", {}, h("code", {}, name), h("small", {}, title)));
  });
  fill(
    byId("options-body"),
    h(
      "div",
      { class: "option-line" },
      metadata(settings, changed),
      strategy(settings, changed),
      mode(settings, changed),
    ),
    h("div", { class: "option-flags" }, ...flags),
  );
  note(settings);
}

function metadata(settings: Settings, changed: () => void): HTMLElement {
  const select = h(
    "select",
    { id: "option-metadata" },
    h("option", { value: "full" }, "full: the lock to the byte"),
    h("option", { value: "abbreviated" }, "abbreviated: less to load, no license"),
  );
  select.value = settings.metadata;
  select.addEventListener("change", () => {
    settings.metadata = select.value === "abbreviated" ? "abbreviated" : "full";
    note(settings);
    changed();
  });
  return h("label", { class: "field" }, h("span", {}, "Metadata"), select);
}

function strategy(settings: Settings, changed: () => void): HTMLElement {
  const choices = ["hoisted", "nested", "shallow"] as const;
  const select = h("select", { id: "option-strategy" }, ...choices.map((value) => h("option", { value }, value)));
  select.value = settings.installStrategy;
  select.addEventListener("change", () => {
    settings.installStrategy = choices.find((value) => value === select.value) ?? "hoisted";
    note(settings);
    changed();
  });
  return h("label", { class: "field" }, h("span", {}, "Strategy"), select);
}

const PLACES = {
  auto: "the best that starts",
  threads: "two workers that share memory",
  worker: "one worker",
  inline: "this page",
};

function mode(settings: Settings, changed: () => void): HTMLElement {
  const select = h(
    "select",
    { id: "option-mode" },
    ...MODES.map((value) => h("option", { value }, `${value}: ${PLACES[value]}`)),
  );
  select.value = settings.mode;
  select.addEventListener("change", () => {
    settings.mode = MODES.find((value) => value === select.value) ?? "auto";
    note(settings);
    changed();
  });
  return h("label", { class: "field" }, h("span", {}, "Runs in"), select);
}

/** What differs from npm's defaults, readable while the options are folded away. */
function note(settings: Settings): void {
  const words: string[] = FLAGS.filter(([flag]) => settings[flag]).map(([, name]) => name);
  if (settings.installStrategy !== "hoisted") words.unshift(settings.installStrategy);
  if (settings.mode !== "auto") words.unshift(settings.mode);
  if (settings.metadata !== "full") words.unshift("abbreviated");
  byId("options-note").textContent = words.length > 0 ? words.join(", ") : "npm’s defaults";
}
