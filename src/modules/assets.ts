/** Media types of files that become an address. */
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  apng: "image/apng",
  avif: "image/avif",
  bmp: "image/bmp",
  cur: "image/x-icon",
  gif: "image/gif",
  ico: "image/x-icon",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  jxl: "image/jxl",
  png: "image/png",
  svg: "image/svg+xml",
  webp: "image/webp",
  aac: "audio/aac",
  flac: "audio/flac",
  m4a: "audio/mp4",
  mp3: "audio/mpeg",
  mp4: "video/mp4",
  ogg: "audio/ogg",
  opus: "audio/ogg",
  mov: "video/quicktime",
  vtt: "text/vtt",
  wav: "audio/wav",
  webm: "video/webm",
  eot: "application/vnd.ms-fontobject",
  otf: "font/otf",
  ttf: "font/ttf",
  woff: "font/woff",
  woff2: "font/woff2",
  bin: "application/octet-stream",
  glb: "model/gltf-binary",
  gltf: "model/gltf+json",
  hdr: "application/octet-stream",
  pdf: "application/pdf",
  txt: "text/plain",
  wasm: "application/wasm",
  webmanifest: "application/manifest+json",
};

/** Returns the extension of a path in lower case: `svg`; `""` if it has none. */
export function extensionOf(path: string): string {
  return /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
}

/** Checks whether an import of a file gives its address, without `?url`. */
export function isAsset(path: string): boolean {
  return Object.hasOwn(MEDIA_TYPES, extensionOf(path));
}

export function mediaTypeOf(path: string): string {
  const extension = extensionOf(path);
  if (/^[mc]?[jt]sx?$/.test(extension)) return "text/javascript";
  if (extension === "css" || extension === "html" || extension === "csv") return `text/${extension}`;
  if (extension === "json") return "application/json";
  return Object.hasOwn(MEDIA_TYPES, extension) ? (MEDIA_TYPES[extension] as string) : "application/octet-stream";
}

/** Returns bytes as base64. Converts them in parts, because a call takes a limited number of arguments. */
export function toBase64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 0x6000)
    parts.push(btoa(String.fromCharCode(...bytes.subarray(at, at + 0x6000))));
  return parts.join("");
}
