import { type Choice, findChoice } from "./brute-force.ts";
import { type Edge, type Model, type Problem, ROOT, type Rule } from "./model.ts";

/** Returns the errors in a choice: versions that do not exist, and broken rules. */
export function checkChoice({ installable, rules }: Problem, chosen: Choice): string[] {
  const wrong: string[] = [];
  for (const [name, id] of chosen) {
    if (!installable.get(name)?.includes(id)) wrong.push(`${name} is ${id}, which is not there`);
  }
  for (const rule of inForce(rules, chosen)) {
    const { kind, from, name, allowed } = rule;
    const own = chosen.get(name);
    const met = own === undefined ? kind === "constraint" : allowed.has(own);
    if (!met) wrong.push(`${from || "the project"} wants ${name} in ${[...allowed].join(" ")}, not ${own}`);
  }
  return wrong;
}

const inForce = <R extends Rule>(rules: readonly R[], chosen: Choice): R[] =>
  rules.filter(({ from, when }) => when.has(chosen.get(from) ?? "none"));

/** Returns the errors in a solution: those of its choice, packages that nothing requires, and optional ones left out without need. */
export function checkAnswer(model: Model, chosen: Choice): string[] {
  const wrong = checkChoice(model, chosen);
  const active = inForce(model.rules, chosen);
  const asked = reachable(active);
  for (const name of chosen.keys()) if (!asked.has(name)) wrong.push(`nothing requires ${name}`);
  return wrong.length > 0 ? wrong : active.filter((rule) => leftOutForNothing(model, chosen, rule)).map(addable);
}

/** Checks whether an edge brings its package in. An optional peer does not. */
function reachable(active: readonly Edge[]): Set<string> {
  const seen = new Set([ROOT]);
  for (const name of seen) {
    for (const { from, type, name: to } of active) if (from === name && type !== "peerOptional") seen.add(to);
  }
  return seen;
}

/** Returns the optional dependencies that were left out although they fit the chosen versions. */
function leftOutForNothing(model: Model, chosen: Choice, { type, name, allowed }: Edge): boolean {
  if (type !== "optional" || chosen.has(name)) return false;
  const fixed = [...chosen].map(([each, id]) => demand(each, new Set([id])));
  const rules = [...model.rules, ...fixed, demand(name, allowed)];
  return Boolean(findChoice({ installable: model.installable, rules }));
}

const demand = (name: string, allowed: ReadonlySet<string>): Rule => ({
  kind: "dependency",
  from: ROOT,
  when: new Set([ROOT]),
  name,
  allowed,
});

const addable = ({ from, name, spec }: Edge): string =>
  `${from || "the project"} could have its optional ${name}@${spec}`;
