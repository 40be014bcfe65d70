/** The parts of the package `ws` that the tests use. */
declare module "ws" {
  import type { EventEmitter } from "node:events";

  export class WebSocket extends EventEmitter {
    constructor(address: string, options: { maxPayload: number; perMessageDeflate: boolean });
    on(event: "message", listener: (data: Buffer) => void): this;
    on(event: "close", listener: () => void): this;
    on(event: "error", listener: (error: Error) => void): this;
    send(data: string): void;
  }
}
