import type { Proof, ProofFact } from "../../../src/api/flat.ts";
import type { PackumentSummary } from "../../../src/api/resolve.ts";
import { compare } from "../../../src/spec/version.ts";
import { RangeTable } from "../../../src/spec/version-range.ts";
import { formatCount, h, icon, setChildren } from "../elements/dom.ts";
import { shortList } from "../elements/short-list.ts";
import { toFailure } from "../run/project-runner.ts";

const FIRST_VERSIONS = 24;
const FIRST_REQUIREMENTS = 8;

export interface ProofPackageHost {
  proof: Proof;
  /** Of the package's name in the registry. */
  versions: (name: string) => Promise<PackumentSummary>;
  /** Where else the package can be seen: what it says on a button, and what that does. */
  places: readonly (readonly [string, () => void])[];
  close: () => void;
}

/** The panel of one package in a proof: who asks what of it, which versions that lets in, and all versions. */
export function proofPackage(name: string, host: ProofPackageHost): HTMLElement {
  const close = h("button", { type: "button", class: "icon-button", "aria-label": "Close", onclick: host.close });
  close.append(icon("close"));
  const wishes = host.proof.facts.filter((fact) => fact.name === name);
  const real = realName(name, wishes);
  const body = h("div", { "aria-busy": "true" }, h("p", { class: "note" }, "Asking for its versions…"));
  const buttons = host.places.map(([text, go]) => h("button", { type: "button", onclick: go }, text));
  void host
    .versions(real)
    .then(
      (summary) => setChildren(body, requirementList(wishes, summary), versionList(summary)),
      (error: unknown) =>
        setChildren(body, requirementList(wishes), h("p", { class: "notice" }, toFailure(error).message)),
    )
    .then(() => body.removeAttribute("aria-busy"));
  return h(
    "aside",
    { class: "details", "aria-label": `About ${name}`, tabindex: -1 },
    h("header", {}, h("h2", {}, name), close),
    real === name ? null : h("p", { class: "mono where" }, `an alias of ${real}`),
    buttons.length > 0 ? h("p", { class: "places" }, ...buttons) : null,
    body,
  );
}

/** `npm:real@^1.0.0` names another package than the folder it is put in. */
function realName(name: string, wishes: readonly ProofFact[]): string {
  for (const { spec } of wishes) {
    const alias = /^npm:(@?[^@]+)/.exec(spec)?.[1];
    if (alias) return alias;
  }
  return name;
}

function requirementList(wishes: readonly ProofFact[], summary?: PackumentSummary): HTMLElement | null {
  if (wishes.length === 0) return null;
  const bySpec = new Map<string, string[]>();
  for (const { spec, from, versions } of wishes) {
    const who = from === "" ? "the project" : versions === "*" ? `every ${from}` : `${from} ${versions}`;
    bySpec.set(spec, [...(bySpec.get(spec) ?? []), who]);
  }
  const items = [...bySpec].map(([spec, who]) =>
    h(
      "li",
      {},
      h("span", { class: "spec" }, spec || "*"),
      summary ? h("span", { class: "note" }, ` ${matchText(spec, summary)}`) : null,
      h("br"),
      h("span", { class: "note" }, `for ${who.slice(0, 3).join(", ")}${who.length > 3 ? ", …" : ""}`),
    ),
  );
  return h(
    "section",
    {},
    h("h3", {}, "Asked for"),
    ...shortList(items, FIRST_REQUIREMENTS, h("ul", { class: "edges wishes" })),
  );
}

/** `fits 3 versions, up to 1.4.0`. */
function matchText(spec: string, { versions, distTags }: PackumentSummary): string {
  const range = spec.replace(/^npm:@?[^@]+@?/, "") || "*";
  const tagged = Object.hasOwn(distTags, range) ? distTags[range] : undefined;
  if (tagged !== undefined) return `is ${tagged}`;
  const table = new RangeTable();
  const found = versions.filter((version) => table.satisfies(version, range)).sort(compare);
  if (found.length === 0) return "fits none";
  return found.length === 1 ? `fits ${found[0]}` : `fits ${found.length} versions, up to ${found.at(-1)}`;
}

function versionList({ versions, distTags }: PackumentSummary): HTMLElement {
  const tags = new Map<string, string[]>();
  for (const [tag, version] of Object.entries(distTags)) tags.set(version, [...(tags.get(version) ?? []), tag]);
  const items = [...versions]
    .sort(compare)
    .reverse()
    .map((version) => {
      const marks = (tags.get(version) ?? []).map((tag) => h("span", { class: "badge badge-peer" }, tag));
      return h("li", {}, h("span", { class: "mono" }, version), ...marks);
    });
  const list = h("ul", { class: "version-chips" });
  return h(
    "section",
    {},
    h("h3", {}, formatCount(versions.length, "version")),
    ...shortList(items, FIRST_VERSIONS, list),
  );
}
