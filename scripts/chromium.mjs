import { spawnSync } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge"];
const USUAL_PLACES = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
];

/**
 * Background features of the browser that the tests switch off. Two hidden pages for each window's address bar alone take as much
 * processor time as the rest of a new window.
 */
const FEATURES = [
  ...["AimEnabled", "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades", "MediaRouter", "NetworkTimeServiceQuerying"],
  ...["OptimizationHints", "PreconnectToSearch", "SpareRendererForSitePerProcess", "Translate"],
  ...["WebUIOmniboxAimPopup", "WebUIOmniboxPopup"],
];

/** The command-line switches of a Chromium that tests drive. `--no-sandbox` is needed in containers. */
export const CHROMIUM_SWITCHES = ["--no-sandbox", `--disable-features=${FEATURES.join(",")}`];

/** @param {string} path */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Returns the path of this machine's Chromium: `CHROMIUM_PATH`, else the first on the search path, else one in a usual folder.
 * @returns {string | undefined}
 */
export function findChromium() {
  const named = process.env["CHROMIUM_PATH"];
  if (named) return named;
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter(Boolean);
  return [...folders.flatMap((folder) => NAMES.map((name) => join(folder, name))), ...USUAL_PLACES].find(isProgram);
}

/**
 * Returns the path of Chromium. If there is none and this is root on Debian, installs Debian's package first.
 * @returns {string | undefined}
 */
export function ensureChromium() {
  const found = findChromium();
  if (found) return found;
  const isRoot = process.getuid?.() === 0;
  const apt = spawnSync("apt-get", ["--version"], { stdio: "ignore" }).status === 0;
  if (isRoot && apt) {
    console.log("No Chromium found; installing Debian's package …");
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    spawnSync("apt-get", ["update", "-qq"], { stdio: "inherit", env });
    spawnSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium"], { stdio: "inherit", env });
  }
  return findChromium();
}

export const NO_CHROMIUM =
  "No Chromium found: the browser tests need one. Install it (on Debian: apt-get install chromium) or set CHROMIUM_PATH.";
