// Translates Python's versions and ranges to npm's. If npm has no equivalent, a `LeftOut` states the reason.

export class LeftOut extends Error {}

const VERSION = /^v?(\d+(?:\.\d+)*)(?:(a|b|rc)(\d+))?$/;

/** Translates a version: `1.2` to `1.2.0`, `1.0.0b2` to `1.0.0-b.2`. @throws LeftOut */
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
 * Translates a range: `>=1,<2` to `>=1.0.0 <2.0.0`, `!=1.5` to `<1.5.0 || >1.5.0`, the empty range to `*`. Versions are written in
 * full, because npm reads `>1` as `>=2.0.0`.
 * @throws LeftOut
 */
export function npmRange(text) {
  const bounds = [];
  const excluded = [];
  for (const one of text.split(",").map((part) => part.trim())) {
    if (one === "") continue;
    const [, operator, version = ""] = /^(==|!=|~=|<=|>=|<|>)\s*(.*)$/.exec(one) ?? [];
    if (!operator) throw new LeftOut(`npm has no range ${one}`);
    if (operator === "!=") excluded.push(npmVersion(version));
    else bounds.push(comparator(operator, version));
  }
  const whole = bounds.join(" ");
  if (excluded.length === 0) return whole || "*";
  const intervals = excluded.map((version, index) =>
    index === 0 ? `<${version}` : `>${excluded[index - 1]} <${version}`,
  );
  intervals.push(`>${excluded.at(-1)}`);
  return intervals.map((interval) => `${whole} ${interval}`.trim()).join(" || ");
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

/**
 * Translates a requirement: `a>=1,<2` to `["a", ">=1.0.0 <2.0.0"]`.
 * @throws LeftOut for extras (`a[b]`) and conditions (`a; python_version < "3"`)
 */
export function npmRequirement(text) {
  const [, name = "", more, rest = ""] = /^\s*([\w.-]+)\s*(\[[^\]]*\])?(.*)$/.exec(text) ?? [];
  if (more) throw new LeftOut("npm has no extras");
  if (rest.includes(";")) throw new LeftOut("npm has no conditions on the environment");
  return [name, npmRange(rest)];
}

/** Translates the requirements of one package. A manifest names a package once, so two ranges of one package become one. */
export function npmDependencies(requirements = []) {
  const ranges = Object.create(null);
  for (const requirement of requirements) {
    const [name, range] = npmRequirement(requirement);
    if (name in ranges && `${ranges[name]}${range}`.includes("||"))
      throw new LeftOut("npm cannot combine two ranges that have several parts");
    ranges[name] =
      name in ranges && range !== "*"
        ? `${ranges[name] === "*" ? "" : ranges[name]} ${range}`.trim()
        : (ranges[name] ?? range);
  }
  return { ...ranges };
}
