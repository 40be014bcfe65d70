import type { Net, OpenNet } from "./net.ts";
import type { NetAnswer, NetOrder } from "./net-protocol.ts";

/** Answers the requests that come through a port. What is returned ends it: requests under way are given up. */
export function servePort(port: MessagePort, open: OpenNet): () => void {
  let net: Net | undefined;
  const send = (answer: NetAnswer, transfer: Transferable[] = []): void => port.postMessage(answer, transfer);
  const close = (): void => {
    net?.dispose();
    net = undefined;
  };
  port.onmessage = ({ data }: MessageEvent<NetOrder>) => {
    switch (data.to) {
      case "open":
        close();
        net = open(data.session, (warning) => send({ of: "warning", warning }));
        break;
      case "get":
        for (const { id, ...request } of data.gets) {
          void net?.get(request).then((outcome) => {
            const bytes = outcome.ok ? outcome.value.bytes : undefined;
            // Only a body that fills its buffer can go without being copied.
            const whole = bytes && bytes.length > 0 && bytes.byteLength === bytes.buffer.byteLength;
            send({ of: "get", id, outcome }, whole ? [bytes.buffer as ArrayBuffer] : []);
          });
        }
        break;
      case "namespace": {
        const { id, registry, metadata } = data;
        void net?.namespace(registry, metadata).then((namespace) => send({ of: "namespace", id, namespace }));
        break;
      }
      case "close":
        close();
        break;
      default:
        data satisfies never;
    }
  };
  return () => {
    close();
    port.close();
  };
}
