import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";

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
 * Returns the path of the first program that exists.
 * @param {readonly string[]} names names on the search path, most wanted first
 * @param {readonly string[]} [places] further paths
 * @returns {string | undefined}
 */
export function findProgram(names, places = []) {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter(Boolean);
  return [...folders.flatMap((folder) => names.map((name) => join(folder, name))), ...places].find(isProgram);
}

/**
 * Installs packages of Debian, if this is root on a machine with apt-get.
 * @param {string} missing what is missing, for the message
 * @param {readonly string[]} packages
 */
export function installDebian(missing, packages) {
  const isRoot = process.getuid?.() === 0;
  const apt = spawnSync("apt-get", ["--version"], { stdio: "ignore" }).status === 0;
  if (!isRoot || !apt) return;
  console.log(`No ${missing} found; installing Debian's package …`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  spawnSync("apt-get", ["update", "-qq"], { stdio: "inherit", env });
  spawnSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], { stdio: "inherit", env });
}

const FIREFOX_PLACES = [
  "/Applications/Firefox.app/Contents/MacOS/firefox",
  "C:\\Program Files\\Mozilla Firefox\\firefox.exe",
];

/**
 * Returns the path of this machine's Firefox: `FIREFOX_PATH`, else the first on the search path, else one in a usual folder.
 * @returns {string | undefined}
 */
export function findFirefox() {
  return process.env["FIREFOX_PATH"] || findProgram(["firefox-esr", "firefox"], FIREFOX_PLACES);
}

/** @typedef {{ driver: string, browser: string, display: string }} WebKit the paths of WebKitWebDriver, MiniBrowser and Xvfb */

/** Returns the folders in which distributions put MiniBrowser. */
function miniBrowserPlaces() {
  return ["/usr/lib", "/usr/libexec", "/usr/lib64"].flatMap((top) => {
    const below = existsSync(top) ? readdirSync(top) : [];
    const folders = [top, ...below.filter((name) => name.endsWith("-linux-gnu")).map((name) => join(top, name))];
    return folders.flatMap((folder) =>
      ["webkit2gtk-4.1", "webkitgtk-6.0", "webkit2gtk-4.0"].map((name) => join(folder, name, "MiniBrowser")),
    );
  });
}

/**
 * Returns the programs of WebKitGTK that the tests need, or undefined if one is missing.
 * @returns {WebKit | undefined}
 */
export function findWebKit() {
  const driver = findProgram(["WebKitWebDriver"]);
  const browser = findProgram(["MiniBrowser"], miniBrowserPlaces());
  const display = findProgram(["Xvfb"]);
  return driver && browser && display ? { driver, browser, display } : undefined;
}

/** Returns the path of Firefox. If there is none and this is root on Debian, installs Debian's package first. */
export function ensureFirefox() {
  if (!findFirefox()) installDebian("Firefox", ["firefox-esr"]);
  return findFirefox();
}

/** Returns the programs of WebKitGTK. If one is missing and this is root on Debian, installs Debian's packages first. */
export function ensureWebKit() {
  if (!findWebKit()) installDebian("WebKitGTK", ["webkit2gtk-driver", "xvfb"]);
  return findWebKit();
}

export const NO_FIREFOX =
  "No Firefox found. Install it (on Debian: apt-get install firefox-esr) or set FIREFOX_PATH to its program.";
export const NO_WEBKIT =
  "WebKitGTK cannot be tested: WebKitWebDriver, MiniBrowser or Xvfb is missing (on Debian: apt-get install webkit2gtk-driver xvfb).";
