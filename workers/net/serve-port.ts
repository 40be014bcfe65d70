import { fail } from "../../src/errors.ts";
import { failureOf } from "../failure-of.ts";
import type { Net, OpenNet } from "./net.ts";
import type { Get, NetAnswer, NetOrder } from "./net-protocol.ts";

/** Answers the requests that come through a port. What is returned ends it: requests under way are given up. */
export function servePort(port: MessagePort, open: OpenNet): () => void {
  let net: Net | undefined;
  const send = (answer: NetAnswer, transfer: Transferable[] = []): void => port.postMessage(answer, transfer);
  const close = (): void => {
    net?.dispose();
    net = undefined;
  };
  const get = async (net: Net, { id, ...request }: Get): Promise<void> => {
    try {
      const outcome = await net.get(request);
      const bytes = outcome.ok ? outcome.value.bytes : undefined;
      // Only a body that fills its buffer can go without being copied.
      const whole = bytes && bytes.length > 0 && bytes.byteLength === bytes.buffer.byteLength;
      send({ of: "get", id, outcome }, whole ? [bytes.buffer as ArrayBuffer] : []);
    } catch (error) {
      // Whoever asked may be asleep until there is an answer.
      send({ of: "get", id, outcome: fail(failureOf(error)) });
    }
  };
  port.onmessage = ({ data }: MessageEvent<NetOrder>) => {
    switch (data.to) {
      case "open":
        close();
        net = open(data.session, (warning) => send({ of: "warning", warning }));
        break;
      case "get":
        for (const each of data.gets) if (net) void get(net, each);
        break;
      case "namespace": {
        const { id, registry, metadata } = data;
        const tell = (namespace: string | null): void => send({ of: "namespace", id, namespace });
        // Where it cannot be told nothing is stored.
        void net?.namespace(registry, metadata).then(tell, () => tell(null));
        break;
      }
      case "hurry":
        net?.hurry?.(data.url);
        break;
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
