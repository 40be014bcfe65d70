import { fail } from "../../src/errors/failure.ts";
import { failureOf } from "../../src/errors/failure-of.ts";
import { nextTurn } from "../host/yield.ts";
import type { Net, OpenNet } from "./net.ts";
import type { NetMessage, NetReply, PortRequest, PortResponse } from "./net-protocol.ts";

/** Responses in one message. A larger message would delay its first response. */
const MOST = 16;

/** Makes the requests that arrive through a port. Returns a function that cancels them and closes the port. */
export function servePort(port: MessagePort, open: OpenNet): () => void {
  let net: Net | undefined;
  const send = (reply: NetReply, transfer: Transferable[] = []): void => port.postMessage(reply, transfer);
  const close = (): void => {
    net?.dispose();
    net = undefined;
  };
  let responses: PortResponse[] = [];
  const flush = (): void => {
    if (responses.length === 0) return;
    send({ kind: "respond", responses }, bodiesOf(responses));
    responses = [];
  };
  const get = async (net: Net, { id, ...request }: PortRequest): Promise<void> => {
    // Always answers, because the thread at the other end may sleep until there is an answer.
    const outcome = await net.get(request).catch((error: unknown) => fail(failureOf(error)));
    // Collects the responses of a turn, because one message costs both threads less than several.
    if (responses.push({ id, outcome }) === MOST) flush();
    else if (responses.length === 1) void nextTurn().then(flush);
  };
  port.onmessage = ({ data }: MessageEvent<NetMessage>) => {
    switch (data.kind) {
      case "open":
        close();
        net = open(data.session, (warning) => send({ kind: "warn", warning }));
        break;
      case "request":
        for (const request of data.requests) if (net) void get(net, request);
        break;
      case "namespace": {
        const { id, registry, metadata } = data;
        const answer = (namespace: string | null): void => send({ kind: "namespace", id, namespace });
        // Null means that nothing is stored.
        void net?.namespace(registry, metadata).then(answer, () => answer(null));
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

/** Returns the bodies that fill their buffer. They are transferred; others are copied. */
function bodiesOf(responses: readonly PortResponse[]): ArrayBuffer[] {
  return responses.flatMap(({ outcome }) => {
    const bytes = outcome.ok ? outcome.value.bytes : undefined;
    const whole = bytes && bytes.length > 0 && bytes.byteLength === bytes.buffer.byteLength;
    return whole ? [bytes.buffer as ArrayBuffer] : [];
  });
}
