import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { npm } from "./npm-config.mjs";

/** The repository's folder. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** @param {string} path @returns {Record<string, { version?: string, integrity?: string, optional?: boolean }>} */
function lockedPackages(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages ?? {};
  } catch {
    return {};
  }
}

/** Checks whether `node_modules` has what the lockfile requires, by the record that npm keeps there. */
export function isInstalled(root = ROOT) {
  const wanted = lockedPackages(join(root, "package-lock.json"));
  const found = lockedPackages(join(root, "node_modules", ".package-lock.json"));
  return Object.entries(wanted).every(([location, entry]) => {
    const there = found[location];
    // Optional packages for other platforms are never installed.
    if (!there) return location === "" || entry.optional === true;
    return there.version === entry.version && there.integrity === entry.integrity;
  });
}

/** Installs missing dependencies: the first step of every command. Uses only Node, so that it works on a fresh clone. Ends the process if it fails. */
export function ensureInstalled() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < 20) exit(`webhoist needs Node 20 or later; this is ${process.version}.`);
  if (isInstalled()) return;
  console.log("Installing dependencies (npm ci) …");
  if (npm(["ci", "--no-audit", "--no-fund"], { cwd: ROOT }).status !== 0) exit("npm ci failed: see above.");
}

/** @param {string} message @returns {never} */
export function exit(message) {
  console.error(message);
  process.exit(1);
}
