import http from "node:http";
import https from "node:https";
import { connect as connectTls } from "node:tls";
import { isBelow } from "./npm-config.mjs";

/** @typedef {import("./npm-config.mjs").RegistryConfig} RegistryConfig */
/** @typedef {Record<string, string>} Headers */

const IDLE = 60_000;
const REDIRECTS = 5;

/**
 * Checks whether a list covers a host: `example.com` covers `example.com` and `a.example.com`.
 * @param {string} host
 * @param {string[]} list
 */
export function isDirect(host, list) {
  return list.some((item) => {
    const suffix = item.replace(/^\*?\.+/, "");
    return item === "*" || host === suffix || host.endsWith(`.${suffix}`);
  });
}

/** @param {URL} proxy @returns {Headers} */
function proxyHeaders(proxy) {
  if (!proxy.username) return {};
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { "proxy-authorization": `Basic ${Buffer.from(pair).toString("base64")}` };
}

/**
 * Makes requests to one registry as this machine's npm client does, with its proxy and certificates. Credentials go only to URLs
 * below the registry's. After a redirect elsewhere, they are not sent again.
 */
export class Upstream {
  /** @type {RegistryConfig} */ #config;
  /** @type {URL | undefined} */ #proxy;
  /** @type {http.Agent} */ #plain = new http.Agent({ keepAlive: true, maxSockets: 64 });
  /** @type {https.Agent} */ #secure;

  /** @param {RegistryConfig} config */
  constructor(config) {
    const { ca, cert, key, strictSsl } = config;
    const tls = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }), rejectUnauthorized: strictSsl };
    this.#config = config;
    this.#secure = new https.Agent({ keepAlive: true, maxSockets: 64, ...tls });
    const { hostname } = new URL(config.registry);
    if (!config.proxy || isDirect(hostname, config.noProxy)) return;
    const proxy = new URL(config.proxy);
    if (!/^https?:$/.test(proxy.protocol)) throw new Error(`The relay cannot use a ${proxy.protocol} proxy`);
    this.#proxy = proxy;
    // The agent pools the sockets that this returns, so a tunnel serves many requests.
    Object.assign(this.#secure, {
      createConnection: (/** @type {any} */ options, /** @type {any} */ done) =>
        openTunnel(proxy, { ...options, ...tls }, done),
    });
  }

  /**
   * @param {string} address
   * @param {{ method: string, headers: Headers, signal: AbortSignal }} init
   * @returns {Promise<http.IncomingMessage>} the response; its body is not read yet
   */
  async request(address, init) {
    let url = new URL(address);
    let own = true;
    for (let hop = 0; ; hop++) {
      own &&= isBelow(url, this.#config.registry);
      const response = await this.#once(url, init, own);
      const { statusCode = 0, headers } = response;
      if (![301, 302, 303, 307, 308].includes(statusCode) || !headers.location) return response;
      response.resume();
      url = new URL(headers.location, url);
      if (hop === REDIRECTS || !/^https?:$/.test(url.protocol)) throw new Error("Too many redirects");
    }
  }

  /**
   * @param {URL} url
   * @param {{ method: string, headers: Headers, signal: AbortSignal }} init
   * @param {boolean} own whether the registry's credentials may be sent
   * @returns {Promise<http.IncomingMessage>}
   */
  #once(url, { method, headers, signal }, own) {
    const { authorization } = this.#config;
    const sent = { ...headers, ...(own && authorization && { authorization }) };
    return new Promise((resolve, reject) => {
      const request = this.#open(url, { method, headers: sent, signal });
      request.setTimeout(IDLE, () => request.destroy(Object.assign(new Error("No answer"), { code: "ETIMEDOUT" })));
      request.once("response", resolve);
      request.once("error", reject);
      request.end();
    });
  }

  /**
   * @param {URL} url
   * @param {{ method: string, headers: Headers, signal: AbortSignal }} init
   */
  #open(url, init) {
    if (url.protocol === "https:") return https.request(url, { ...init, agent: this.#secure });
    const proxy = this.#proxy;
    if (!proxy) return http.request(url, { ...init, agent: this.#plain });
    // Plain HTTP goes through a proxy in the absolute form (RFC 9112 §3.2.2), not through a tunnel.
    const headers = { ...init.headers, host: url.host, ...proxyHeaders(proxy) };
    const options = { ...init, headers, path: url.href };
    return proxy.protocol === "https:"
      ? https.request(proxy, { ...options, agent: new https.Agent({ ...this.#secure.options }) })
      : http.request(proxy, { ...options, agent: this.#plain });
  }

  close() {
    this.#plain.destroy();
    this.#secure.destroy();
  }
}

/**
 * Opens a TLS connection to `options.host` through an HTTP CONNECT tunnel (RFC 9110 §9.3.6).
 * @param {URL} proxy
 * @param {import("node:tls").ConnectionOptions & { host: string, port: number }} options
 * @param {(error: Error | null, socket?: import("node:net").Socket) => void} done
 */
function openTunnel(proxy, options, done) {
  const target = `${options.host}:${options.port || 443}`;
  const { ca, rejectUnauthorized } = options;
  const init = { method: "CONNECT", path: target, headers: { host: target, ...proxyHeaders(proxy) }, agent: false };
  const request =
    proxy.protocol === "https:"
      ? https.request(proxy, { ...init, ...(ca && { ca }), rejectUnauthorized: rejectUnauthorized !== false })
      : http.request(proxy, init);
  request.setTimeout(IDLE, () => request.destroy(new Error("The proxy does not answer")));
  request.once("error", (error) => done(error));
  request.once("connect", (response, socket) => {
    if (response.statusCode === 200) return done(null, connectTls({ ...options, socket }));
    socket.destroy();
    done(new Error(`The proxy answered ${response.statusCode}`));
  });
  request.end();
}
