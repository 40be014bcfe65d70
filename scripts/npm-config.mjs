import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";

/**
 * The settings with which this machine's npm client reaches its registry.
 * @typedef {object} RegistryConfig
 * @property {string} registry Base URL with a trailing slash, no user information.
 * @property {string} [proxy] URL of an HTTP(S) proxy.
 * @property {string[]} noProxy Host suffixes that are reached directly.
 * @property {string[]} [ca] PEM certificates that replace Node's own roots, as in npm.
 * @property {string} [cert] PEM client certificate.
 * @property {string} [key] PEM client key.
 * @property {boolean} strictSsl
 * @property {string} [authorization] Value of `Authorization`, for URLs below `registry` only.
 */

/**
 * Runs the npm client. Its output goes to this terminal, or with `capture` into the result.
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, capture?: boolean }} [options]
 * @returns {{ status: number, stdout: string }}
 */
export function npm(args, { cwd = process.cwd(), env = process.env, capture = false } = {}) {
  const script = process.env["npm_execpath"] ?? "";
  const own = /^npm-cli\.c?js$/.test(basename(script));
  const result = spawnSync(own ? process.execPath : "npm", own ? [script, ...args] : args, {
    cwd,
    env,
    encoding: "utf8",
    maxBuffer: 1 << 26,
    // Windows has npm as a batch file, which only a shell can start.
    shell: !own && process.platform === "win32",
    stdio: ["ignore", capture ? "pipe" : "inherit", capture ? "pipe" : "inherit"],
  });
  if (result.error) throw result.error;
  if (capture && result.status !== 0) process.stderr.write(result.stderr);
  return { status: result.status ?? 1, stdout: result.stdout ?? "" };
}

/**
 * Returns a function that looks up a key in `.npmrc` texts and in npm's environment variables.
 * @param {string[]} texts the one with the highest priority first
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {(key: string) => string | undefined}
 */
export function settings(texts, env = process.env) {
  /** @type {Map<string, string>} */
  const values = new Map();
  for (const text of texts.toReversed()) {
    for (const line of text.split(/\r?\n/)) {
      const [, key, raw] = /^\s*([^\s;#=][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
      if (key === undefined || raw === undefined) continue;
      const value = raw.replace(/^(["'])(.*)\1$/, "$2");
      values.set(
        key,
        value.replace(/\$\{([^}?]+)\??\}/g, (whole, name) => env[name] ?? whole),
      );
    }
  }
  return (key) => env[`npm_config_${key.startsWith("//") ? key : key.replaceAll("-", "_")}`] ?? values.get(key);
}

/** The settings that, together, are credentials. npm reads the first group that is complete. */
const CREDENTIALS = [["_authToken"], ["_auth"], ["username", "_password"], ["certfile", "keyfile"]];

/**
 * Returns a function that looks up a key of a registry (`//host/path/:_authToken`), as npm does: all keys are those of the longest path
 * that has credentials of any kind, with or without a slash at its end.
 * @param {string} registry
 * @param {(key: string) => string | undefined} setting
 * @returns {(key: string) => string | undefined}
 */
export function scopedSettings(registry, setting) {
  const url = new URL(registry);
  // //host/npm/team/ then //host/npm/team then //host/npm/ and so on, to //host
  for (let path = `//${url.host}${url.pathname}`; path.length > 2; path = path.replace(/(?:[^/]+|\/)$/, "")) {
    const at = (/** @type {string} */ key) => setting(`${path}:${key}`) || undefined;
    if (CREDENTIALS.some((keys) => keys.every(at))) return at;
  }
  return () => undefined;
}

/**
 * Checks whether a URL is below a base URL: the same scheme, host and port, and all segments of the base's path. An escaped `..` may
 * lead out of it.
 * @param {URL} url
 * @param {string} base with a trailing slash
 */
export function isBelow({ origin, pathname }, base) {
  const upwards = /(?:^|\/|%(?:25)*(?:2f|5c))(?:\.|%(?:25)*2e){2}(?=$|[/;]|%(?:25)*(?:2f|5c))/i;
  const address = `${origin}${pathname}`;
  return `${address}/`.startsWith(base) && !upwards.test(address.slice(base.length));
}

/**
 * @param {(key: string) => string | undefined} setting
 * @returns {string | undefined}
 */
export function authorization(setting) {
  const token = setting("_authToken");
  if (token) return `Bearer ${token}`;
  const pair = setting("_auth");
  if (pair) return `Basic ${pair}`;
  const [user, password] = [setting("username"), setting("_password")];
  if (!user || !password) return undefined;
  // npm stores only the password in base64, without the user name.
  return `Basic ${Buffer.from(`${user}:${Buffer.from(password, "base64").toString()}`).toString("base64")}`;
}

/** @param {unknown} path */
function textOf(path) {
  if (typeof path !== "string") return "";
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** @param {string} pem */
function certificates(pem) {
  return pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
}

/**
 * Returns a registry's address without credentials, with a trailing slash, so that it can be shown and put into a build.
 * @param {string} address
 */
export function publicUrl(address) {
  const url = new URL(address);
  url.username = url.password = url.search = url.hash = "";
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url.href;
}

/**
 * @param {string} [cwd] Folder whose `.npmrc` counts as the project's.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {RegistryConfig}
 * @throws {Error} when npm cannot be run.
 */
export function readNpmConfig(cwd = process.cwd(), env = process.env) {
  const { status, stdout } = npm(["config", "list", "--json"], { cwd, env, capture: true });
  if (status !== 0) throw new Error("npm config list failed");
  /** @type {Record<string, unknown>} */
  const config = JSON.parse(stdout);
  const plain = settings([join(cwd, ".npmrc"), config["userconfig"], config["globalconfig"]].map(textOf), env);
  // npm does not print URLs with a password, nor the settings of single registries. These are read from its files.
  for (const key of ["registry", "proxy", "https-proxy"]) config[key] ??= plain(key);
  const registry = publicUrl(String(config["registry"]));
  const setting = scopedSettings(registry, plain);
  const auth = authorization(setting);
  const [cert, key] = [textOf(setting("certfile")), textOf(setting("keyfile"))];
  const ca = [config["ca"] ?? certificates(textOf(config["cafile"]))].flat().map(String);
  const proxy = proxyOf(registry, config, env);
  const noProxy = [config["noproxy"]].flat().join(",") || env["NO_PROXY"] || env["no_proxy"] || "";
  return {
    registry,
    noProxy: noProxy.split(",").flatMap((part) => part.trim() || []),
    strictSsl: config["strict-ssl"] !== false,
    ...(proxy && { proxy }),
    ...(ca.length > 0 && { ca }),
    ...(cert && key && { cert, key }),
    ...(auth && { authorization: auth }),
  };
}

/**
 * Returns the proxy's URL in npm's order: npm's own settings, then the environment's. `proxy=false` turns the proxy off.
 * @param {string} registry
 * @param {Record<string, unknown>} config
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined}
 */
function proxyOf(registry, config, env) {
  const secure = registry.startsWith("https:");
  if (config["proxy"] === false) return undefined;
  const own = (secure && config["https-proxy"]) || config["proxy"];
  if (own) return String(own);
  const https = env["HTTPS_PROXY"] || env["https_proxy"];
  return (
    https || (secure ? undefined : env["HTTP_PROXY"] || env["http_proxy"] || env["PROXY"] || env["proxy"]) || undefined
  );
}
