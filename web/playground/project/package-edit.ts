type Fields = Record<string, unknown>;

const EDITED_GROUPS = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"] as const;

/** Sets what the project wants of `name`: in every group that has it, else in `dependencies`. */
export function withSpec(text: string, name: string, spec: string): string {
  return editManifest(text, (manifest) => {
    const groups = EDITED_GROUPS.filter((group) => hasField(fieldsOf(manifest[group]), name));
    for (const group of groups.length > 0 ? groups : (["dependencies"] as const)) {
      defineField(manifest, group, defineField({ ...fieldsOf(manifest[group]) }, name, spec));
    }
  });
}

/** Adds to `overrides`, going into objects that are there already. */
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

/** Rewrites the JSON with the indent, line ends and last newline that it had. Throws a SyntaxError when it is not JSON. */
function editManifest(text: string, change: (manifest: Fields) => void): string {
  const manifest: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
  if (!isFields(manifest)) throw new SyntaxError("package.json is not an object");
  change(manifest);
  const indent = /^\s*\{\r?\n([ \t]+)/.exec(text)?.[1] ?? "  ";
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const tail = /\s*$/.exec(text)?.[0] ?? "";
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

/** Defines rather than assigns: a package called `__proto__` is a key like any other. */
function defineField(fields: Fields, key: string, value: unknown): Fields {
  Object.defineProperty(fields, key, { value, enumerable: true, configurable: true, writable: true });
  return fields;
}
