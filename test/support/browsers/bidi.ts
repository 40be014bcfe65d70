import { WebSocket } from "ws";

interface Message {
  id?: number;
  type: "success" | "error" | "event";
  result?: unknown;
  error?: string;
  message?: string;
}

interface Waiting {
  done(result: unknown): void;
  fail(error: Error): void;
}

/** A connection of WebDriver BiDi. */
export class Bidi {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => this.#hear(JSON.parse(String(data)) as Message));
    socket.on("close", () => this.#end(new Error("The browser has closed the connection")));
    socket.on("error", (error) => this.#end(error));
  }

  static async open(url: string): Promise<Bidi> {
    const socket = new WebSocket(url, { maxPayload: 512 << 20, perMessageDeflate: false });
    await new Promise<void>((done, fail) => void socket.once("open", done).once("error", fail));
    return new Bidi(socket);
  }

  async send<T>(method: string, params: object = {}): Promise<T> {
    const id = ++this.#last;
    const answer = new Promise<unknown>((done, fail) => void this.#waiting.set(id, { done, fail }));
    this.#socket.send(JSON.stringify({ id, method, params }));
    return (await answer) as T;
  }

  #hear({ id, type, result, error, message }: Message): void {
    const waiting = id === undefined ? undefined : this.#waiting.get(id);
    if (id === undefined || !waiting) return;
    this.#waiting.delete(id);
    if (type === "success") waiting.done(result);
    else waiting.fail(new Error(`${error}: ${message}`));
  }

  #end(error: Error): void {
    for (const { fail } of this.#waiting.values()) fail(error);
    this.#waiting.clear();
  }
}
