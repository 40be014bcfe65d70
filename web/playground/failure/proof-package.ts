import type { Proof, ProofFact } from "../../../src/api/flat.ts";
import type { PackumentSummary } from "../../../src/api/resolve.ts";
import { compare } from "../../../src/spec/version.ts";
import { RangeTable } from "../../../src/spec/version-range.ts";
import { collapsibleList } from "../elements/collapsible-list.ts";
import { formatCount, h, setChildren } from "../elements/dom.ts";
import { sidePanel } from "../elements/side-panel.ts";
import { toFailure } from "../run/project-runner.ts";

const FIRST_VERSIONS = 24;
const FIRST_REQUIREMENTS = 8;

export interface ProofPackageHost {
  proof: Proof;
  /** Loads the versions of a package by its name in the registry. */
  versions: (name: string) => Promise<PackumentSummary>;
  /** Buttons that show the package elsewhere on the page: label and action. */
  places: readonly (readonly [string, () => void])[];
  close: () => void;
}

/** Returns the panel about one package of a proof: which packages require it, which versions match, and all its versions. */
export function proofPackage(name: string, host: ProofPackageHost): HTMLElement {
  const requirements = host.proof.facts.filter((fact) => fact.name === name);
  const realName = registryName(name, requirements);
  const body = h("div", { "aria-busy": "true" }, h("p", { class: "note" }, "Loading versions…"));
  const buttons = host.places.map(([text, go]) => h("button", { type: "button", onclick: go }, text));
  void host
    .versions(realName)
    .then(
      (summary) => setChildren(body, requirementList(requirements, summary), versionList(summary)),
      (error: unknown) =>
        setChildren(body, requirementList(requirements), h("p", { class: "notice" }, toFailure(error).message)),
    )
    .then(() => body.removeAttribute("aria-busy"));
  return sidePanel(
    { label: `About ${name}`, heading: [name], close: host.close },
    realName === name ? null : h("p", { class: "mono where" }, `an alias of ${realName}`),
    buttons.length > 0 ? h("p", { class: "places" }, ...buttons) : null,
    body,
  );
}

/** Returns the package's name in the registry: `real` if a spec is `npm:real@^1.0.0`. */
function registryName(name: string, requirements: readonly ProofFact[]): string {
  for (const { spec } of requirements) {
    const alias = /^npm:(@?[^@]+)/.exec(spec)?.[1];
    if (alias) return alias;
  }
  return name;
}

function requirementList(requirements: readonly ProofFact[], summary?: PackumentSummary): HTMLElement | null {
  if (requirements.length === 0) return null;
  const dependentsBySpec = new Map<string, string[]>();
  for (const { spec, from, versions } of requirements) {
    const dependent =
      from === "" ? "the project" : versions === "*" ? `every version of ${from}` : `${from} ${versions}`;
    dependentsBySpec.set(spec, [...(dependentsBySpec.get(spec) ?? []), dependent]);
  }
  const items = [...dependentsBySpec].map(([spec, dependents]) =>
    h(
      "li",
      {},
      h("span", { class: "spec" }, spec || "*"),
      summary ? h("span", { class: "note" }, ` ${matchText(spec, summary)}`) : null,
      h("br"),
      h(
        "span",
        { class: "note" },
        `required by ${dependents.slice(0, 3).join(", ")}${dependents.length > 3 ? ", …" : ""}`,
      ),
    ),
  );
  const list = h("ul", { class: "edges requirements" });
  return h("section", {}, h("h3", {}, "Required versions"), ...collapsibleList(items, FIRST_REQUIREMENTS, list));
}

/** `matches 3 versions, up to 1.4.0`. */
function matchText(spec: string, { versions, distTags }: PackumentSummary): string {
  const range = spec.replace(/^npm:@?[^@]+@?/, "") || "*";
  const tagged = Object.hasOwn(distTags, range) ? distTags[range] : undefined;
  if (tagged !== undefined) return `is ${tagged}`;
  const table = new RangeTable();
  const found = versions.filter((version) => table.satisfies(version, range)).sort(compare);
  if (found.length === 0) return "matches no version";
  return found.length === 1 ? `matches only ${found[0]}` : `matches ${found.length} versions, up to ${found.at(-1)}`;
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
    ...collapsibleList(items, FIRST_VERSIONS, list),
  );
}
