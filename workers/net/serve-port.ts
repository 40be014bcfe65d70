import { fail } from "../../src/errors/failure.ts";
import { failureOf } from "../../src/errors/failure-of.ts";
import { nextTurn } from "../host/yield.ts";
import type { Net, OpenNet } from "./net.ts";
import type { Get, Got, NetAnswer, NetOrder } from "./net-protocol.ts";

/** Answers in one message. More of them would keep whoever waits for the first waiting. */
const MOST = 16;

/** Answers the requests that come through a port. What is returned ends it: requests under way are given up. */
export function servePort(port: MessagePort, open: OpenNet): () => void {
  let net: Net | undefined;
  const send = (answer: NetAnswer, transfer: Transferable[] = []): void => port.postMessage(answer, transfer);
  const close = (): void => {
    net?.dispose();
    net = undefined;
  };
  let gots: Got[] = [];
  const flush = (): void => {
    if (gots.length === 0) return;
    send({ of: "got", gots }, bodiesOf(gots));
    gots = [];
  };
  const get = async (net: Net, { id, ...request }: Get): Promise<void> => {
    // Whoever asked may be asleep until there is an answer.
    const outcome = await net.get(request).catch((error: unknown) => fail(failureOf(error)));
    // Several in one message cost both threads less than one in each: what else comes until the turn is over goes along.
    if (gots.push({ id, outcome }) === MOST) flush();
    else if (gots.length === 1) void nextTurn().then(flush);
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
        net?.hurry?.(data.url, data.rank);
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

/** Those that can go without being copied: they fill their buffer. */
function bodiesOf(gots: readonly Got[]): ArrayBuffer[] {
  return gots.flatMap(({ outcome }) => {
    const bytes = outcome.ok ? outcome.value.bytes : undefined;
    const whole = bytes && bytes.length > 0 && bytes.byteLength === bytes.buffer.byteLength;
    return whole ? [bytes.buffer as ArrayBuffer] : [];
  });
}
