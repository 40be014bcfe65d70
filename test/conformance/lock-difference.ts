interface Lock {
  packages?: Record<string, Record<string, unknown>>;
}

const SHOWN = 8;

function fieldsDiffering(wanted: Record<string, unknown>, given: Record<string, unknown>): string[] {
  const keys = [...new Set([...Object.keys(wanted), ...Object.keys(given)])];
  return keys
    .filter((key) => JSON.stringify(wanted[key]) !== JSON.stringify(given[key]))
    .map((key) => `${key}: npm ${JSON.stringify(wanted[key])}, here ${JSON.stringify(given[key])}`);
}

function firstLine(wanted: string, given: string): string[] {
  const theirs = wanted.split("\n");
  const ours = given.split("\n");
  const at = theirs.findIndex((line, index) => line !== ours[index]);
  const line = at < 0 ? theirs.length : at;
  return [`line ${line + 1}: npm ${JSON.stringify(theirs[line])}, here ${JSON.stringify(ours[line])}`];
}

/** Describes the first entries that differ, or the first differing line if only order or format differs. */
export function lockDifference(wanted: string, given: string): string[] {
  let theirs: Lock;
  let ours: Lock;
  try {
    theirs = JSON.parse(wanted) as Lock;
    ours = JSON.parse(given) as Lock;
  } catch {
    return firstLine(wanted, given);
  }
  const left = theirs.packages ?? {};
  const right = ours.packages ?? {};
  const lines: string[] = [];
  for (const location of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const [npm, here] = [left[location], right[location]];
    if (!npm) lines.push(`+ ${location || "(root)"} ${String(here?.["version"] ?? here?.["resolved"])}`);
    else if (!here) lines.push(`- ${location || "(root)"} ${String(npm["version"] ?? npm["resolved"])}`);
    else lines.push(...fieldsDiffering(npm, here).map((field) => `~ ${location || "(root)"} ${field}`));
  }
  if (lines.length === 0) return firstLine(wanted, given);
  return lines.length > SHOWN ? [...lines.slice(0, SHOWN), `and ${lines.length - SHOWN} more`] : lines;
}
