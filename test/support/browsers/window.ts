/** One page of a real browser that a test drives. */
export interface BrowserWindow {
  /** The browser's version. */
  readonly version: string;
  /** Loads a page, and waits until it has loaded. */
  goto(url: string): Promise<void>;
  /** Returns the awaited value of an expression in the page, as JSON can hold it. @throws Error with the page's stack */
  evaluate(expression: string): Promise<unknown>;
  /** Ends all processes of the browser at once, as a system without memory does. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

/** A window whose content can be looked at. */
export interface VisibleWindow extends BrowserWindow {
  resize(width: number, height: number): Promise<void>;
  /** Returns a PNG of the visible part. */
  screenshot(): Promise<Buffer>;
}

/** Wraps an expression so that its awaited value, or its failure, becomes text. */
export function asText(expression: string): string {
  return `(async () => {
    try { return JSON.stringify({ value: await (${expression}) }); }
    catch (error) { return JSON.stringify({ failure: String(error?.name) + ": " + error?.message + "\\n" + error?.stack }); }
  })()`;
}

/** Reads the text of a wrapped expression. @throws Error with the page's stack */
export function readValue(text: string): unknown {
  const { value, failure } = JSON.parse(text) as { value?: unknown; failure?: string };
  if (failure !== undefined) throw new Error(failure);
  return value;
}
