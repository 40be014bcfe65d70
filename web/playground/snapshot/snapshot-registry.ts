import assetUrl from "./snapshot.bin?url";

interface CompactVersion {
  dist?: Record<string, unknown>;
  [key: string]: unknown;
}

/** A packument as the snapshot keeps it: what every version repeats is left out. */
interface CompactPackument {
  name: string;
  versions: Record<string, CompactVersion>;
  [key: string]: unknown;
}

let loading: Promise<typeof fetch> | undefined;

/**
 * A `fetch` that answers packuments from the snapshot inside the page and 404 for all else. No network after the first call,
 * which loads the asset. Tarball addresses are those of the default registry, so a lock made here is one that npm can use.
 */
export function snapshotFetch(): Promise<typeof fetch> {
  loading ??= loadSnapshot().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function loadSnapshot(): Promise<typeof fetch> {
  const response = await fetch(assetUrl);
  if (!response.ok || !response.body) throw new Error(`The snapshot did not load: ${response.status}`);
  const text = await new Response(response.body.pipeThrough(new DecompressionStream("gzip"))).text();
  const lines = new Map<string, string>();
  for (const line of text.split("\n")) {
    const tab = line.indexOf("\t");
    if (tab > 0) lines.set(line.slice(0, tab), line.slice(tab + 1));
  }
  return async (input, init) => {
    init?.signal?.throwIfAborted();
    return answerRequest(lines, new URL(input instanceof Request ? input.url : input));
  };
}

/** `…/react` and `…/@scope%2fname` are packuments; one segment more (a version) is a manifest. */
function answerRequest(lines: ReadonlyMap<string, string>, url: URL): Response {
  const base = new URL(__WEBHOIST_REGISTRY__).pathname;
  const path = decodeURIComponent(url.pathname.slice(base.length));
  const parts = path.split("/");
  const name = parts.splice(0, path.startsWith("@") ? 2 : 1).join("/");
  const line = lines.get(name);
  if (!line || parts.length > 1) return Response.json({ error: "Not found" }, { status: 404 });
  const packument = expandPackument(JSON.parse(line) as CompactPackument);
  const [version] = parts;
  const body = version === undefined ? packument : packument.versions[version];
  return body ? Response.json(body) : Response.json({ error: "Not found" }, { status: 404 });
}

function expandPackument(compact: CompactPackument): CompactPackument {
  const { name } = compact;
  const file = name.slice(name.indexOf("/") + 1);
  for (const [version, manifest] of Object.entries(compact.versions)) {
    const tarball = `${__WEBHOIST_REGISTRY__}${name}/-/${file}-${version}.tgz`;
    compact.versions[version] = { name, version, ...manifest, dist: { tarball, ...manifest.dist } };
  }
  return compact;
}
