/** Thrown if the embedder's `fetch` returns something else than a response that can be read. */
export class NoResponse extends Error {
  readonly given: unknown;

  constructor(given: unknown) {
    super();
    this.given = given;
  }
}
