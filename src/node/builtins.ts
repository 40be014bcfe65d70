/** Node's own modules that can be imported without `node:`, except those with a slash. */
const NAMES =
  "assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain events fs http " +
  "http2 https inspector module net os path perf_hooks process punycode querystring readline repl stream string_decoder sys " +
  "timers tls trace_events tty url util v8 vm wasi worker_threads zlib";

const DEEP =
  "assert/strict dns/promises fs/promises inspector/promises path/posix path/win32 readline/promises stream/consumers " +
  "stream/promises stream/web timers/promises util/types";

const builtins = new Set(`${NAMES} ${DEEP}`.split(" "));

/** Returns the name without `node:` of one of Node's own modules; null for any other specifier. */
export function builtinName(specifier: string): string | null {
  if (specifier.startsWith("node:")) return specifier.slice(5);
  return builtins.has(specifier) ? specifier : null;
}
