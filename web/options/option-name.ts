import { invalidOption } from "../../src/errors/invalid-option.ts";

/** Checks that an option exists. @throws InstallError EINVALIDOPTION that names the most similar option, or all of them */
export function checkOptionName(name: string, names: readonly string[], owner = "options"): void {
  if (names.includes(name)) return;
  const shown = name.slice(0, 80);
  const near = names.find((each) => areSimilar(each.toLowerCase(), shown.toLowerCase()));
  const hint = near ? `Did you mean "${near}"?` : `The options are ${names.join(", ")}.`;
  const wayOut = near ? [{ kind: "option", text: `Write \`${near}\`.`, option: near } as const] : [];
  throw invalidOption(`Unknown option: ${owner}.${shown}. ${hint}`, wayOut);
}

/** Returns whether two names have at most two changes between the letters that both start and end with. */
function areSimilar(a: string, b: string): boolean {
  const most = Math.min(a.length, b.length);
  let start = 0;
  while (start < most && a[start] === b[start]) start++;
  let end = 0;
  while (end < most - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  return start + end > 0 && Math.max(a.length, b.length) - start - end <= 2;
}
