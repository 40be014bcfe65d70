import { openCases } from "../conformance/cases.ts";
import type { ConformanceCase, Suite } from "../conformance/recorded.ts";
import type { Tree } from "./value.ts";
import type { World } from "./world.ts";

/** The characters of a world at most: small ones are read often. */
const LARGEST = 24_000;

const decoder = new TextDecoder();

/** Returns recorded worlds that are small. */
async function recordedWorlds(suites: Suite[]): Promise<World[]> {
  const cases = await openCases({ packs: "test/conformance/fixtures", suites });
  return cases.map((found) => worldOf(found.open())).filter((world): world is World => world !== null);
}

function worldOf({ project, options, snapshot }: ConformanceCase): World | null {
  if (project.root) return null;
  const files: World["files"] = {};
  for (const [path, content] of Object.entries(project.files)) if (content !== undefined) files[path] = content;
  const packuments: World["packuments"] = {};
  let size = 0;
  for (const name of snapshot.names()) {
    const bytes = snapshot.packument(name);
    if (!bytes) continue;
    size += bytes.length;
    if (size > LARGEST) return null;
    packuments[name] = decoder.decode(bytes);
  }
  for (const content of Object.values(files)) size += content.length;
  return size > LARGEST ? null : { files, packuments, options: options as Tree };
}

export const randomWorlds: readonly World[] = await recordedWorlds(["random"]);
export const npmWorlds: readonly World[] = await recordedWorlds(["arborist"]);

/** A yarn.lock of version 1. */
export const YARN = `# yarn lockfile v1


a@^1.0.0, a@*:
  version "1.0.0"
  resolved "http://registry.local/a/-/a-1.0.0.tgz#0123456789012345678901234567890123456789"
  integrity sha512-${"A".repeat(86)}==
  dependencies:
    b "^1.0.0"
  optionalDependencies:
    c "*"

b@^1.0.0:
  version "1.0.0"
  resolved "http://registry.local/b/-/b-1.0.0.tgz#0123456789012345678901234567890123456789"
`;
