import type { Failure } from "../../../src/api/failure.ts";
import type { LockChange } from "../../../src/api/resolve.ts";
import { appendChildren, h, scrollRegion } from "../elements/dom.ts";
import type { ResultTab } from "../elements/tabs.ts";
import { type ProblemHost, problemCard } from "../failure/problem-card.ts";

const FIRST_CARDS = 60;
const MOST_CHANGES = 1000;

/** Creates the tab with the warnings as cards. */
export function warningsTab(warnings: readonly Failure[], host: ProblemHost): ResultTab {
  const body = scrollRegion("Warnings", "cards");
  const draw = (from: number): void => {
    const next = from === 0 ? FIRST_CARDS : warnings.length;
    appendChildren(
      body,
      warnings.slice(from, next).map((warning) => problemCard(warning, "warning", host)),
    );
    if (next >= warnings.length) return;
    const more = h("button", { type: "button" }, `Show ${warnings.length - next} more`);
    more.addEventListener("click", () => {
      more.remove();
      draw(next);
    });
    body.append(more);
  };
  if (warnings.length === 0) body.append(h("p", { class: "nothing" }, "No warnings. npm would print none either."));
  else draw(0);
  return { id: "warnings", title: "Warnings", mark: warnings.length > 0 ? String(warnings.length) : "", body };
}

/** Creates the tab with the changes since the project's lockfile. */
export function changesTab(changes: readonly LockChange[], goTo: NonNullable<ProblemHost["goTo"]>): ResultTab {
  const items = changes.slice(0, MOST_CHANGES).map(({ kind, name, location, before, after }) => {
    const go = goTo(location);
    const open = go
      ? h("button", { type: "button", class: "link", title: location, onclick: go }, name)
      : h("span", { title: location }, name);
    const versions = [before, after].filter((version) => version !== undefined).join(" → ");
    return h(
      "li",
      { class: `change-${kind}` },
      h("span", { class: "badge" }, kind),
      open,
      h("span", { class: "mono note" }, versions),
    );
  });
  const body = scrollRegion("Changes", "");
  body.append(
    items.length > 0
      ? h("ul", { class: "changes" }, ...items)
      : h("p", { class: "nothing" }, "The lockfile has not changed."),
  );
  return { id: "changes", title: "Changes", mark: changes.length > 0 ? String(changes.length) : "", body };
}
