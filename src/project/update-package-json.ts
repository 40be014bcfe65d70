import type { Manifest } from "../api/manifest.ts";
import { enOrder } from "../base/collate.ts";
import { isObject, type Json } from "../base/json.ts";
import { parseJsonText } from "./json-text.ts";
import type { PackageJson } from "./package-json.ts";

const WRITTEN_SECTIONS = ["dependencies", "optionalDependencies", "devDependencies", "peerDependencies"] as const;

type Deps = Record<string, string>;

/**
 * Returns the text of package.json with the dependency sections of `manifest`, or null if nothing changes. Sections are sorted in
 * en-order and empty ones are dropped. A name that was both a prod and a peer dependency keeps both. Other members do not
 * change.
 */
export function updatePackageJson(original: PackageJson | null, manifest: Manifest): string | null {
  const text = original?.text ?? "";
  const value = original ? parseJsonText(text, "package.json").value : {};
  const before: Json = isObject(value) ? value : {};
  const after: Json = { ...before };
  const wanted: Record<string, Deps> = {};
  for (const section of WRITTEN_SECTIONS) wanted[section] = sorted(manifest[section]);
  for (const name of Object.keys(wanted["optionalDependencies"] ?? {})) delete wanted["dependencies"]?.[name];
  for (const section of WRITTEN_SECTIONS) {
    if (Object.keys(wanted[section] ?? {}).length > 0) after[section] = wanted[section];
    else if (after[section] !== null) delete after[section];
  }
  const peers = after["peerDependencies"] as Deps | undefined;
  for (const name of peers && isObject(before["dependencies"]) ? Object.keys(before["peerDependencies"] ?? {}) : []) {
    const peer = peers?.[name];
    if ((before["dependencies"] as Deps)[name] === undefined || peer === undefined) continue;
    after["dependencies"] ??= {};
    (after["dependencies"] as Deps)[name] = peer;
  }
  // Patches of removed packages are dropped (npm-tree §28).
  if ("patchedDependencies" in before) after["patchedDependencies"] = manifest["patchedDependencies"];
  after["bundleDependencies"] = manifest.bundleDependencies;
  const json = `${JSON.stringify(after, null, original?.indent ?? "  ")}\n`;
  // a file on one line stays on one line, without a line break at its end
  const written = json.replaceAll("\n", original?.newline ?? "\n");
  return written.trim() === text.trim() ? null : written;
}

function sorted(section: unknown): Deps {
  return Object.fromEntries(
    Object.entries(isObject(section) ? (section as Deps) : {}).sort(([a], [b]) => enOrder(a, b)),
  );
}
