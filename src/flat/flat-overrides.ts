import type { Context } from "../engine/context.ts";
import { InstallError } from "../errors/failure.ts";
import { overrideRefused } from "../errors/tree.ts";
import type { EdgeSpec } from "../graph/edge-spec.ts";
import type { OverrideSet } from "../graph/overrides.ts";
import type { InstallableVersions } from "./installable-versions.ts";

/**
 * Returns the spec of a version's dependency after overrides. Nested rules apply only if they are for this dependent: a flat
 * tree has one copy of each package, so it cannot distinguish the paths to a package.
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
  // A rule without a version applies to prereleases too, which `*` does not match.
  const applies = ({ keySpec, value }: OverrideSet): boolean =>
    keySpec === "*" || [keySpec, value].some((range) => ranges.satisfies(version, range));
  const of = overrides.named(installable.name).find(applies) ?? overrides;
  const rule = of.ruleFor({ spec }, context.specTable);
  return rule.name === spec.name ? rule.effective(spec.raw, { from: context.tree.root }) : spec.raw;
}

/** Checks that no override is nested deeper than one dependent and its dependency. @throws InstallError EOVERRIDE */
export function assertFlat(overrides: OverrideSet | null): void {
  for (const outer of overrides?.children.values() ?? []) {
    for (const inner of outer.children.values()) {
      const [deep] = inner.children.values();
      if (!deep) continue;
      const path = [outer.key, inner.key, deep.key].join(" > ");
      throw new InstallError(
        overrideRefused(
          `The override ${path} applies to one path only. A flat tree has one ${deep.name} for all paths.`,
          {
            package: deep.name,
            wayOut: [
              { kind: "override", text: `Override ${deep.name} everywhere.`, overrides: { [deep.key]: deep.value } },
              {
                kind: "other",
                text: `Override ${deep.name} for its dependent alone: { "${inner.key}": { "${deep.key}": … } }.`,
              },
            ],
          },
        ),
      );
    }
  }
}
