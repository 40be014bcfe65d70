import { pipeline } from "node:stream";
import { Upstream } from "./upstream.mjs";

/** @typedef {import("node:http").IncomingMessage} Request */
/** @typedef {import("node:http").ServerResponse} Response */

export const RELAY = "/-/relay/";

const PASSED_UP = ["accept", "accept-encoding", "if-none-match", "if-modified-since"];
const PASSED_DOWN = ["content-encoding", "content-length", "etag", "last-modified", "cache-control", "retry-after"];

// `-` alone names a package, but `-/whoami` is a service of the registry: a version needs another name.
const PART = /[A-Za-z0-9~!'()*-][A-Za-z0-9~!'()*._-]*/.source;
const PATH = new RegExp(`^(@${PART}/)?(${PART})(?:/(?!-$)([A-Za-z0-9][\\w.+-]*)|/-/(${PART}\\.tgz))?$`);

/**
 * Returns the package's name and the path below the registry: `@scope%2fname/1.0.0` for `@scope%2fname/1.0.0`. Returns undefined
 * if the path is not that of a packument, a manifest or a tarball.
 * @param {string} path the path after the relay's prefix, still escaped
 * @returns {{ name: string, target: string } | undefined}
 */
export function relayTarget(path) {
  let decoded;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return undefined;
  }
  const [, scope = "", bare, version, file] = PATH.exec(decoded) ?? [];
  if (!bare || (version && !scope && bare === "-")) return undefined;
  const name = scope + bare;
  if (file) return { name, target: `${name}/-/${file}` };
  const escaped = name.replace("/", "%2f");
  return { name, target: version ? `${escaped}/${encodeURIComponent(version)}` : escaped };
}

/**
 * Checks whether a request may come from another site. A page of another origin cannot forge these headers, and a host name that was
 * rebound to loopback is visible in `Host`.
 * @param {Request} request
 */
export function isForeign({ headers, socket }) {
  const hosts = ["127.0.0.1", "localhost", "[::1]"].map((name) => `${name}:${socket.localPort}`);
  const { host = "", origin, "sec-fetch-site": site } = headers;
  if (!hosts.includes(host)) return true;
  if (origin !== undefined && origin !== `http://${host}`) return true;
  return site !== undefined && site !== "same-origin" && site !== "none";
}

/** @param {string | undefined} type */
function safeType(type) {
  // The response is served from the page's own origin, so it must not be a type that a browser runs or renders.
  return type && /^application\/(?:[\w.-]+\+)?json\b/.test(type) ? type : "application/octet-stream";
}

/**
 * Creates a relay on the page's own origin to the registry that this machine's npm client uses, for pages that cannot reach it
 * directly. It answers GET and HEAD requests for packuments, manifests and tarballs. It refuses pages of other origins.
 * @param {import("./npm-config.mjs").RegistryConfig} config
 * @returns {{ handle(request: Request, response: Response): boolean, close(): void }} `handle` returns false for a path
 * outside the relay
 */
export function createRelay(config) {
  const upstream = new Upstream(config);
  return {
    handle(request, response) {
      const [path = ""] = (request.url ?? "").split("?");
      if (!path.startsWith(RELAY)) return false;
      const target = relayTarget(path.slice(RELAY.length));
      if (isForeign(request)) refuse(response, 403, "EFOREIGN");
      else if (request.method !== "GET" && request.method !== "HEAD") refuse(response, 405, "EMETHOD");
      else if (!target) refuse(response, 404, "EPATH");
      else void forward(upstream, new URL(target.target, config.registry).href, { request, response });
      return true;
    },
    close: () => upstream.close(),
  };
}

/** @param {Response} response @param {number} status @param {string} code */
function refuse(response, status, code) {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify({ error: code }));
}

/**
 * @param {Upstream} upstream
 * @param {string} url
 * @param {{ request: Request, response: Response }} exchange
 */
async function forward(upstream, url, { request, response }) {
  const abort = new AbortController();
  response.once("close", () => abort.abort());
  /** @type {Record<string, string>} */
  const headers = { "user-agent": "webhoist-relay" };
  for (const key of PASSED_UP) {
    const value = request.headers[key];
    if (typeof value === "string") headers[key] = value;
  }
  try {
    const method = request.method ?? "GET";
    const answer = await upstream.request(url, { method, headers, signal: abort.signal });
    for (const key of PASSED_DOWN) {
      const value = answer.headers[key];
      if (value !== undefined) response.setHeader(key, value);
    }
    // No `www-authenticate`: it would make the browser ask for a password.
    response.writeHead(answer.statusCode ?? 502, {
      "content-type": safeType(answer.headers["content-type"]),
      "content-security-policy": "default-src 'none'; sandbox",
      "cross-origin-resource-policy": "same-origin",
      "x-content-type-options": "nosniff",
      vary: "accept, accept-encoding",
    });
    pipeline(answer, response, () => {});
  } catch (error) {
    const { code = "" } = /** @type {NodeJS.ErrnoException} */ (error);
    refuse(response, code === "ETIMEDOUT" ? 504 : 502, code || "EUPSTREAM");
  }
}
