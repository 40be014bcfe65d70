import { findProgram, installDebian } from "./browsers.mjs";

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

/**
 * Returns the path of this machine's Chromium: `CHROMIUM_PATH`, else the first on the search path, else one in a usual folder.
 * @returns {string | undefined}
 */
export function findChromium() {
  return process.env["CHROMIUM_PATH"] || findProgram(NAMES, USUAL_PLACES);
}

/**
 * Returns the path of Chromium. If there is none and this is root on Debian, installs Debian's package first.
 * @returns {string | undefined}
 */
export function ensureChromium() {
  if (!findChromium()) installDebian("Chromium", ["chromium"]);
  return findChromium();
}

export const NO_CHROMIUM =
  "No Chromium found: the browser tests need one. Install it (on Debian: apt-get install chromium) or set CHROMIUM_PATH.";
