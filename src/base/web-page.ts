/** The bytes that are looked at. */
const START = 1024;
const PAGE =
  /^\uFEFF?\s*(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)*<(?:!doctype\s+html|html|head|body|script|title|meta)\b/i;

/** Checks whether bytes are a web page, such as a login page or the error page of a proxy. */
export function isWebPage(bytes: Uint8Array): boolean {
  return PAGE.test(new TextDecoder().decode(bytes.subarray(0, START)));
}
