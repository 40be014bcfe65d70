import type { InstallerOptions } from "../../src/api/resolve.ts";
import { openNets } from "../net/net.ts";
import { servePort } from "../net/serve-port.ts";
import type { TokenQuery, WorkerSetup } from "./protocol.ts";

/**
 * Makes the requests of the given ports, so that the page makes none. Asks the page for credentials.
 * Returns a function that serves one more port.
 */
export function serveNet({ net, fetching, tokens }: WorkerSetup): (port: MessagePort) => void {
  const token = tokens && tokenFrom(tokens);
  const open = openNets({ ...fetching, ...(token && { token }) });
  for (const port of net) servePort(port, open);
  return (port) => void servePort(port, open);
}

/** Asks the page for a URL's token. Sends a `TokenQuery` and receives `{ id, token }`, or `{ id, failed }` if the callback failed. */
function tokenFrom(port: MessagePort): NonNullable<InstallerOptions["token"]> {
  const waiting = new Map<number, { resolve(token: string | undefined): void; reject(): void }>();
  let next = 0;
  port.onmessage = ({ data }: MessageEvent<{ id: number; token?: string; failed?: boolean }>) => {
    const asker = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.failed) asker?.reject();
    else asker?.resolve(data.token);
  };
  return (url, context) =>
    new Promise((resolve, reject) => {
      const id = next++;
      waiting.set(id, { resolve, reject: () => reject(new Error("no token")) });
      port.postMessage({ id, url, context } satisfies TokenQuery);
    });
}
