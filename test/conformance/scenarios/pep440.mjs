// Python's versions and ranges in npm's words. What npm cannot say is refused: `LeftOut` says why.

export class LeftOut extends Error {}

const VERSION = /^v?(\d+(?:\.\d+)*)(?:(a|b|rc)(\d+))?$/;

/** `1.2` is `1.2.0`, `1.0.0b2` is `1.0.0-b.2`. */
export function npmVersion(text) {
  const found = VERSION.exec(text.trim());
  if (!found) throw new LeftOut(`npm has no version ${text}`);
  const [, release = "", kind, number] = found;
  const parts = release.split(".");
  if (parts.length > 3) throw new LeftOut(`npm has no version ${text}`);
  while (parts.length < 3) parts.push("0");
  return kind ? `${parts.join(".")}-${kind}.${number}` : parts.join(".");
}

/**
 * `>=1,<2` is `>=1.0.0 <2.0.0`, `!=1.5` is `<1.5.0 || >1.5.0`, nothing is `*`. Versions are written in full: npm reads `>1` as
 * "from 2 on".
 */
export function npmRange(text) {
  const bounds = [];
  const holes = [];
  for (const one of text.split(",").map((part) => part.trim())) {
    if (one === "") continue;
    const [, operator, version = ""] = /^(==|!=|~=|<=|>=|<|>)\s*(.*)$/.exec(one) ?? [];
    if (!operator) throw new LeftOut(`npm has no range ${one}`);
    if (operator === "!=") holes.push(npmVersion(version));
    else bounds.push(comparator(operator, version));
  }
  const whole = bounds.join(" ");
  if (holes.length === 0) return whole || "*";
  const rangeReads = holes.map((hole, index) => (index === 0 ? `<${hole}` : `>${holes[index - 1]} <${hole}`));
  rangeReads.push(`>${holes.at(-1)}`);
  return rangeReads.map((rangeRead) => `${whole} ${rangeRead}`.trim()).join(" || ");
}

function comparator(operator, version) {
  if (operator === "==" && version.endsWith(".*")) return `${version.slice(0, -2)}.x`;
  if (operator === "~=") {
    const parts = version.split(".").slice(0, -1);
    parts.push(String(Number(parts.pop()) + 1));
    return `>=${npmVersion(version)} <${npmVersion(parts.join("."))}`;
  }
  return operator === "==" ? npmVersion(version) : `${operator}${npmVersion(version)}`;
}

/** `a>=1,<2` is `["a", ">=1.0.0 <2.0.0"]`. Refuses extras (`a[b]`) and conditions (`a; python_version < "3"`). */
export function npmRequirement(text) {
  const [, name = "", more, rest = ""] = /^\s*([\w.-]+)\s*(\[[^\]]*\])?(.*)$/.exec(text) ?? [];
  if (more) throw new LeftOut("npm has no extras");
  if (rest.includes(";")) throw new LeftOut("npm has no conditions on the environment");
  return [name, npmRange(rest)];
}

/** Requirements of one package. A manifest names a package once: what is said of one twice comes into one range. */
export function npmDependencies(requirements = []) {
  const ranges = Object.create(null);
  for (const requirement of requirements) {
    const [name, range] = npmRequirement(requirement);
    if (name in ranges && `${ranges[name]}${range}`.includes("||"))
      throw new LeftOut("two ranges of several parts each");
    ranges[name] =
      name in ranges && range !== "*"
        ? `${ranges[name] === "*" ? "" : ranges[name]} ${range}`.trim()
        : (ranges[name] ?? range);
  }
  return { ...ranges };
}
