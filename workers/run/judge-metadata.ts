// Loaded on demand: when abbreviated metadata may lack fields that the full form has.

import type { Manifest } from "../../src/api/manifest.ts";
import { InstallError } from "../../src/errors/failure.ts";
import { needsFullMetadata } from "../../src/errors/packages.ts";
import { registryOf } from "../../src/registry/registry-config.ts";
import type { PreparedRun } from "./prepare-run.ts";
import type { Supply } from "./supply.ts";
import type { Suspects } from "./suspect-metadata.ts";

/** The fields that the abbreviated form promises, and that change a tree or an install. */
const PROMISED = ["peerDependenciesMeta", "os", "cpu", "engines", "bin"] as const;
/** The packages whose full manifests are compared, for each registry and each reason to doubt it. */
const MAX_COMPARED = 2;

/**
 * Compares a few suspicious packages with their full manifests: one small request each.
 * @throws InstallError EFULLMETADATA if one of them lacks a field. The backend then repeats the run with full metadata
 */
export async function judgeMetadata({ config }: PreparedRun, supply: Supply, suspects: Suspects): Promise<void> {
  const compared = new Set([...suspects.values()].flatMap((some) => some.slice(0, MAX_COMPARED)));
  const all = [...compared];
  const lacks = await Promise.all(all.map((manifest) => isLacking(manifest, supply)));
  const registries = new Set(all.filter((_, at) => lacks[at]).map(({ name = "" }) => registryOf(config, name)));
  if (registries.size === 0) return;
  const details = { registries: [...registries] };
  throw new InstallError(needsFullMetadata("abbreviated metadata lacks fields", { details }));
}

/** Checks whether a manifest lacks a field. A registry without full manifests of single versions cannot be trusted either. */
async function isLacking(manifest: Manifest, supply: Supply): Promise<boolean> {
  const { name = "", version = "" } = manifest;
  const full = await supply.manifest(name, version);
  if (!full.ok) return /^E40[45]$/.test(full.failure.code);
  return PROMISED.some((field) => !isEmpty(full.value[field]) && isEmpty(manifest[field]));
}

function isEmpty(value: unknown): boolean {
  return !value || (typeof value === "object" && Object.keys(value).length === 0);
}
