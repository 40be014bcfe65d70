export type FileKind =
  | { kind: "text" }
  /** `type` is the media type. */
  | { kind: "image"; type: string }
  | { kind: "binary"; why: string };

const IMAGES: ReadonlyMap<string, string> = new Map([
  ["avif", "image/avif"],
  ["bmp", "image/bmp"],
  ["gif", "image/gif"],
  ["ico", "image/x-icon"],
  ["jpeg", "image/jpeg"],
  ["jpg", "image/jpeg"],
  ["png", "image/png"],
  ["svg", "image/svg+xml"],
  ["webp", "image/webp"],
]);

/** The first bytes that decide whether a file is text. git looks at as many. */
const SNIFFED_BYTES = 8000;

/** Returns the extension in lower case without the dot, or an empty string. */
export function extensionOf(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(dot + 1).toLowerCase() : "";
}

/** Returns how a file can be shown. Images are recognised by their name, text by its bytes. */
export function fileKindOf(path: string, bytes: Uint8Array): FileKind {
  const type = IMAGES.get(extensionOf(path));
  if (type && bytes.length > 0) return { kind: "image", type };
  const head = bytes.subarray(0, SNIFFED_BYTES);
  if (head.includes(0)) return { kind: "binary", why: "it contains zero bytes" };
  try {
    // A cut may split the last character, so the decoder must not expect the end of the text.
    new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: head.length < bytes.length });
  } catch {
    return { kind: "binary", why: "it is not UTF-8 text" };
  }
  return { kind: "text" };
}

/** Returns the first bytes as a hex dump with 16 bytes per line: `00000000  89 50 4e 47 0d 0a 1a 0a  .PNG....` */
export function hexDump(bytes: Uint8Array, most: number = 256): string {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, most); at += 16) {
    const row = [...bytes.subarray(at, Math.min(at + 16, most))];
    const hex = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = row.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`${at.toString(16).padStart(8, "0")}  ${hex.padEnd(47)}  ${text}`);
  }
  return lines.join("\n");
}
