import { openNets } from "../net/net.ts";
import { servePort } from "../net/serve-port.ts";
import type { Setup } from "./protocol.ts";

/**
 * Does plain fetching, so that the page does none. Credentials are asked of the page, origin by origin. What is returned
 * serves one more port.
 */
export function serveNet({ net, fetching, tokens }: Setup): (port: MessagePort) => void {
  const token = tokens && askThrough(tokens);
  const open = openNets({ ...fetching, ...(token && { token }) });
  for (const port of net) servePort(port, open);
  return (port) => void servePort(port, open);
}

/** `{ origin }` out, `{ origin, token }` in; an embedder's callback that fails gives `failed`. */
function askThrough(port: MessagePort): (origin: string) => Promise<string | undefined> {
  const waiting = new Map<number, { resolve(token: string | undefined): void; reject(): void }>();
  let next = 0;
  port.onmessage = ({ data }: MessageEvent<{ id: number; token?: string; failed?: boolean }>) => {
    const asker = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.failed) asker?.reject();
    else asker?.resolve(data.token);
  };
  return (origin) =>
    new Promise((resolve, reject) => {
      const id = next++;
      waiting.set(id, { resolve, reject: () => reject(new Error("no token")) });
      port.postMessage({ id, origin });
    });
}
