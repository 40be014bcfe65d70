import type { IncomingMessage, ServerResponse } from "node:http";
import { asText, readValue } from "./window.ts";

/**
 * The script of a page that nothing drives from outside: it asks its own server for expressions, one at a time, and sends
 * their values back. XMLHttpRequest, because tests count the calls of `fetch`.
 */
export const POLLING_SCRIPT = `{
  const send = (path, body) => new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.onload = () => done(request.responseText);
    request.onerror = () => fail(new Error("the test has ended"));
    request.open("POST", path);
    request.send(body);
  });
  const id = new URLSearchParams(location.search).get("polled");
  const poll = async (said) => {
    const expression = await send("/polled?" + id, said);
    if (expression) void poll(await (0, eval)(expression));
  };
  if (id !== null) addEventListener("load", () => void poll("loaded"));
}`;

/** One page that asks for its work. */
export class PolledPage {
  readonly #id: number;
  /** Answers the request with which the page waits for work. */
  #idle: ((expression: string) => void) | undefined;
  #next: string | undefined;
  #said: (text: string) => void = () => {};
  #loaded: () => void = () => {};

  constructor(id: number) {
    this.#id = id;
  }

  /** Returns the address of the page with the number by which its requests are known. */
  address(url: string): string {
    return `${url}?polled=${this.#id}`;
  }

  /** Resolves when the page has loaded the next time. */
  loaded(): Promise<void> {
    return new Promise((done) => {
      this.#loaded = done;
    });
  }

  async evaluate(expression: string): Promise<unknown> {
    const text = new Promise<string>((done) => {
      this.#said = done;
    });
    this.#give(asText(expression));
    return readValue(await text);
  }

  /** Makes the page go to another address, or load again. */
  leave(url: string): void {
    this.#give(`new Promise(() => { location.href = ${JSON.stringify(url)}; })`);
  }

  /** Tells the page to ask no more. */
  end(): void {
    this.#give("");
  }

  /** Hears what a request of the page says, and answers it with the next expression. */
  hear(said: string, answer: (expression: string) => void): void {
    this.#idle = answer;
    if (said === "loaded") this.#loaded();
    else this.#said(said);
    if (this.#next !== undefined) this.#give(this.#next);
  }

  #give(expression: string): void {
    const idle = this.#idle;
    this.#idle = undefined;
    this.#next = idle ? undefined : expression;
    idle?.(expression);
  }
}

/** The pages of a server that ask for their work. */
export class PolledPages {
  readonly #pages: PolledPage[] = [];

  add(): PolledPage {
    const page = new PolledPage(this.#pages.length);
    this.#pages.push(page);
    return page;
  }

  /** Answers a request to `/polled`. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const page = this.#pages[Number(request.url?.split("?")[1])];
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (!page) return void response.writeHead(404).end();
    page.hear(Buffer.concat(chunks).toString(), (expression) => void response.writeHead(200).end(expression));
  }
}
