import type { Failure } from "../../../src/api/failure.ts";
import type { LockChange } from "../../../src/api/resolve.ts";
import { appendChildren, h } from "../elements/dom.ts";
import type { ResultTab } from "../elements/tabs.ts";
import { type ProblemHost, problemCard } from "../failure/problem-card.ts";

const FIRST_CARDS = 60;
const MOST_CHANGES = 1000;

export function warningsTab(warnings: readonly Failure[], host: ProblemHost): ResultTab {
  const body = h("div", { class: "cards scroll", tabindex: 0, role: "region", "aria-label": "Warnings" });
  const draw = (from: number): void => {
    const next = from === 0 ? FIRST_CARDS : warnings.length;
    appendChildren(
      body,
      warnings.slice(from, next).map((warning) => problemCard(warning, "warning", host)),
    );
    if (next >= warnings.length) return;
    const more = h("button", { type: "button" }, `Show the other ${warnings.length - next}`);
    more.addEventListener("click", () => {
      more.remove();
      draw(next);
    });
    body.append(more);
  };
  if (warnings.length === 0) body.append(h("p", { class: "nothing" }, "No warnings: npm would say nothing either."));
  else draw(0);
  return { id: "warnings", title: "Warnings", mark: warnings.length > 0 ? String(warnings.length) : "", body };
}

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
  const body = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Changes" });
  body.append(
    items.length > 0 ? h("ul", { class: "changes" }, ...items) : h("p", { class: "nothing" }, "The lock is as it was."),
  );
  return { id: "changes", title: "Changes", mark: changes.length > 0 ? String(changes.length) : "", body };
}
