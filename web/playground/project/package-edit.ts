type Fields = Record<string, unknown>;

const EDITED_GROUPS = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"] as const;

/** Sets the spec of `name` in every dependency group that lists it, or else in `dependencies`. Returns the new text. */
export function withSpec(text: string, name: string, spec: string): string {
  return editManifest(text, (manifest) => {
    const groups = EDITED_GROUPS.filter((group) => hasField(fieldsOf(manifest[group]), name));
    for (const group of groups.length > 0 ? groups : (["dependencies"] as const)) {
      defineField(manifest, group, defineField({ ...fieldsOf(manifest[group]) }, name, spec));
    }
  });
}

/** Adds to `overrides` and merges nested objects. Returns the new text. */
export function withOverrides(text: string, overrides: Readonly<Fields>): string {
  return editManifest(text, (manifest) =>
    defineField(manifest, "overrides", mergeFields(fieldsOf(manifest["overrides"]), overrides)),
  );
}

function mergeFields(into: Fields, from: Readonly<Fields>): Fields {
  const merged = { ...into };
  for (const [key, value] of Object.entries(from)) {
    const before = hasField(merged, key) ? merged[key] : undefined;
    defineField(merged, key, isFields(value) && isFields(before) ? mergeFields(before, value) : value);
  }
  return merged;
}

/** Changes a package.json and keeps its indent, line ends and final newline. @throws SyntaxError if it is not a JSON object */
function editManifest(text: string, change: (manifest: Fields) => void): string {
  const manifest: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
  if (!isFields(manifest)) throw new SyntaxError("package.json is not an object");
  change(manifest);
  const indent = /^\s*\{\r?\n([ \t]+)/.exec(text)?.[1] ?? "  ";
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const tail = text.slice(text.trimEnd().length);
  return JSON.stringify(manifest, null, indent).replaceAll("\n", newline) + tail;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function hasField(fields: Fields, key: string): boolean {
  return Object.hasOwn(fields, key);
}

/** Sets a field by definition, not by assignment, so that a package called `__proto__` is a key like any other. */
function defineField(fields: Fields, key: string, value: unknown): Fields {
  Object.defineProperty(fields, key, { value, enumerable: true, configurable: true, writable: true });
  return fields;
}
