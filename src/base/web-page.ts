/** The bytes that are looked at. */
const START = 1024;
const TAG = /^<(?:!doctype\s+html|html|head|body|script|title|meta)\b/i;
/** What may stand before the first tag: white space, an XML declaration, a comment. */
const BEFORE = /^(?:\s+|<\?xml[^>]*>|<!--[\s\S]*?-->)/;

/** Checks whether bytes are a web page, such as a login page or the error page of a proxy. */
export function isWebPage(bytes: Uint8Array): boolean {
  let text = new TextDecoder().decode(bytes.subarray(0, START));
  for (let found = BEFORE.exec(text); found; found = BEFORE.exec(text)) text = text.slice(found[0].length);
  return TAG.test(text);
}
