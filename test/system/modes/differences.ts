/** Plain data, which can be compared and printed. */
export type Plain = null | boolean | number | string | undefined | readonly Plain[] | { readonly [key: string]: Plain };

const ENOUGH = 6;
const SHOWN = 200;

const isObject = (value: Plain): value is { readonly [key: string]: Plain } =>
  typeof value === "object" && value !== null;

const shown = (value: Plain): string => (JSON.stringify(value) ?? "undefined").slice(0, SHOWN);

/** Returns the first differing line, so that locks are not printed whole. */
function textDifference(wanted: string, given: string): string {
  const [theirs, ours] = [wanted.split("\n"), given.split("\n")];
  const line = ours.findIndex((text, index) => text !== theirs[index]);
  const index = line < 0 ? ours.length : line;
  return `${theirs.length > 1 ? `line ${index + 1}: ` : ""}${shown(theirs[index])} became ${shown(ours[index])}`;
}

/**
 * Returns the differences between two answers in a few lines, or none if they are equal. The order of an object's members counts, and
 * an undefined member differs from an absent one.
 */
export function differences(wanted: Plain, given: Plain, at = ""): string[] {
  if (Object.is(wanted, given)) return [];
  if (typeof wanted === "string" && typeof given === "string") return [`${at}: ${textDifference(wanted, given)}`];
  const alike = isObject(wanted) && isObject(given) && Array.isArray(wanted) === Array.isArray(given);
  if (!alike) return [`${at}: ${shown(wanted)} became ${shown(given)}`];
  const lines: string[] = [];
  for (const key of new Set([...Object.keys(wanted), ...Object.keys(given)])) {
    if (lines.length >= ENOUGH) break;
    if (key in wanted && key in given) lines.push(...differences(wanted[key], given[key], `${at}.${key}`));
    else
      lines.push(`${at}.${key} ${key in wanted ? `is gone: ${shown(wanted[key])}` : `is new: ${shown(given[key])}`}`);
  }
  const [before, after] = [Object.keys(wanted), Object.keys(given)];
  if (lines.length === 0 && before.join("\n") !== after.join("\n"))
    lines.push(`${at}: in another order: ${shown(after)}`);
  return lines.slice(0, ENOUGH);
}
