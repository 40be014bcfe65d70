// Loaded on demand: when the page reads from the offline snapshot.
import assetUrl from "./snapshot.bin?url";

interface CompactVersion {
  dist?: Record<string, unknown>;
  [key: string]: unknown;
}

/** A packument in the snapshot. Fields that can be derived for each version are left out. */
interface CompactPackument {
  name: string;
  versions: Record<string, CompactVersion>;
  [key: string]: unknown;
}

let loading: Promise<typeof fetch> | undefined;

/**
 * Returns a `fetch` that answers with packuments from the snapshot and with 404 for anything else. The first call loads the
 * snapshot; after that it needs no network. Tarball URLs point to the default registry, so npm can use the lockfile.
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
  if (!response.ok || !response.body) throw new Error(`The offline snapshot did not load: HTTP ${response.status}`);
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

/** Answers `…/react` and `…/@scope%2fname` with a packument, and `…/react/18.3.1` with a manifest. */
function answerRequest(lines: ReadonlyMap<string, string>, url: URL): Response {
  const base = new URL(__WEBHOIST_REGISTRY__).pathname;
  const path = decodeURIComponent(url.pathname.slice(base.length));
  const segments = path.split("/");
  const name = segments.splice(0, path.startsWith("@") ? 2 : 1).join("/");
  const line = lines.get(name);
  if (!line || segments.length > 1) return Response.json({ error: "Not found" }, { status: 404 });
  const packument = expandPackument(JSON.parse(line) as CompactPackument);
  const [version] = segments;
  const body = version === undefined ? packument : packument.versions[version];
  return body ? Response.json(body) : Response.json({ error: "Not found" }, { status: 404 });
}

/** Adds the name, version and tarball URL to each version. */
function expandPackument(compact: CompactPackument): CompactPackument {
  const { name } = compact;
  const file = name.slice(name.indexOf("/") + 1);
  for (const [version, manifest] of Object.entries(compact.versions)) {
    const tarball = `${__WEBHOIST_REGISTRY__}${name}/-/${file}-${version}.tgz`;
    compact.versions[version] = { name, version, ...manifest, dist: { tarball, ...manifest.dist } };
  }
  return compact;
}
