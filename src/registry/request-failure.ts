import { type Failure, failure, type WayOut } from "../errors.ts";
import type { RegistryRequest } from "../ports.ts";
import { redactUrl } from "./registry-config.ts";

/** What a request was about. `url` is redacted before it is shown or kept. */
export type Asked = Pick<RegistryRequest, "name" | "url">;

/** Why nothing that a page may read came back. */
export type Unreached = "offline" | "network" | "cors";

const option = (name: string, text: string): WayOut => ({ kind: "option", option: name, text });
const other = (text: string): WayOut => ({ kind: "other", text });
/** `wait` in milliseconds. */
const later = (wait?: number): WayOut => other(`Try again ${wait ? `in ${Math.ceil(wait / 1000)} s` : "later"}.`);

interface Said {
  text: string;
  wayOut?: WayOut[];
  found?: string | undefined;
  details?: Record<string, unknown>;
}

function about(code: string, asked: Asked, said: Said): Failure {
  const url = redactUrl(asked.url);
  const { text, found, details, wayOut = [] } = said;
  const message = `${asked.name}: ${text} (GET ${url})`;
  return failure(code, message, {
    package: asked.name,
    wayOut,
    details: { url, ...details },
    ...(found === undefined ? {} : { found }),
  });
}

/** `how` says how it was decided where the status could not be read. */
export function notFound(asked: Asked, how?: string): Failure {
  return about("E404", asked, {
    text: `not found${how ? `: ${how}` : ""}`,
    found: how ?? "404",
    wayOut: [
      other("Check the name."),
      option("scopes", "A private package needs its scope's registry."),
      option("token", "A private package may need a token: some registries answer 404 without one."),
    ],
  });
}

/** npm's code for a status: `E` and the number. */
export function badStatus(asked: Asked, status: number, wait?: number): Failure {
  if (status === 404) return notFound(asked);
  const refused = status === 401 || status === 403;
  return about(`E${status}`, asked, {
    text: refused ? `the registry refused access (${status})` : `status ${status}`,
    found: String(status),
    wayOut: [refused ? option("token", "Give a token that may read this package.") : later(wait)],
  });
}

/** A document whose end never came, however often it was asked for. */
export function cutShort(asked: Asked): Failure {
  return about("EINVALIDPACKUMENT", asked, { text: "the registry's document is cut short", wayOut: [later()] });
}

const WHY: Record<Unreached, string> = {
  offline: "this browser is offline",
  network: "no answer from the registry",
  cors: "the registry answers, but not in a way that a page may read: no CORS headers, or no such package",
};

export function unreachable(asked: Asked, reason: Unreached, found?: string): Failure {
  return about("EUNREACHABLE", asked, {
    text: WHY[reason],
    found,
    details: { reason },
    wayOut:
      reason === "offline"
        ? [other("Connect, and try again.")]
        : [other("Check the registry's URL and the network."), option("proxy", "Go through a relay.")],
  });
}

export function timedOut(asked: Asked, milliseconds: number): Failure {
  return about("ETIMEDOUT", asked, {
    text: `nothing came for ${milliseconds} ms`,
    wayOut: [later(), option("timeout", "Allow more time.")],
  });
}

/** The embedder's `token` failed, or gave what no header can carry. The value itself is never shown. */
export function noToken(asked: Asked): Failure {
  return about("ENEEDAUTH", asked, {
    text: "`token` gave no usable credentials",
    wayOut: [option("token", "Mend `token`.")],
  });
}

/** The caller rethrows its signal's reason. */
export function aborted(asked: Asked): Failure {
  return about("EABORTED", asked, { text: "cancelled" });
}

export function badRequest(asked: Asked): Failure {
  return about("EINVALIDURL", asked, { text: "not an http or https URL" });
}

/** A warning: `proxy` stands in for `registry` from here on. */
export function relayed(registry: string, proxy: string): Failure {
  const [from, to] = [redactUrl(registry), redactUrl(proxy)];
  return failure("EPROXIED", `${from} cannot be reached from this page: everything goes through ${to}.`, {
    details: { url: from, proxy: to },
  });
}
