import type { Context } from "../engine/context.ts";
import { InstallError } from "../errors/failure.ts";
import { overrideRefused } from "../errors/tree.ts";
import type { EdgeSpec } from "../graph/edge-spec.ts";
import type { OverrideSet } from "../graph/overrides.ts";
import type { InstallableVersions } from "./installable-versions.ts";

/**
 * A wish of some version after overrides. Of rules inside rules those for the very dependent count: with one copy of each
 * package there is no telling by which path one came to it.
 */
export function effectiveSpec(
  installable: InstallableVersions,
  index: number,
  { spec, context }: { spec: EdgeSpec; context: Context },
): string {
  const { overrides } = context.specTable;
  if (!overrides) return spec.raw;
  const { ranges } = context.specTable;
  const version = installable.version(index);
  // a rule without a version is for prereleases too, which `*` does not let in
  const applies = ({ name, keySpec, value }: OverrideSet): boolean =>
    name === installable.name &&
    (keySpec === "*" || [keySpec, value].some((range) => ranges.satisfies(version, range)));
  const of = [...overrides.ruleset.values()].find(applies) ?? overrides;
  const rule = of.ruleFor({ spec }, context.specTable);
  return rule.name === spec.name ? rule.effective(spec.raw, { from: context.tree.root }) : spec.raw;
}

/** @throws InstallError EOVERRIDE for a rule that lies deeper than a dependent and what it depends on */
export function assertFlat(overrides: OverrideSet | null): void {
  for (const outer of overrides?.children.values() ?? []) {
    for (const inner of outer.children.values()) {
      const [deep] = inner.children.values();
      if (!deep) continue;
      const path = [outer.key, inner.key, deep.key].join(" > ");
      throw new InstallError(
        overrideRefused(
          `The override ${path} is for one path to ${deep.name}; in a flat answer there is one ${deep.name} for all`,
          {
            package: deep.name,
            wayOut: [
              { kind: "override", text: `Override ${deep.name} everywhere`, overrides: { [deep.key]: deep.value } },
              { kind: "other", text: `Override it for its dependent alone: { "${inner.key}": { "${deep.key}": … } }` },
            ],
          },
        ),
      );
    }
  }
}
