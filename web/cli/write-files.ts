import { chmodSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

interface Write {
  path: string;
  temporary: string;
  text: string;
  /** What stood there, to put back; `undefined` for nothing. */
  before: string | Uint8Array | undefined;
}

/**
 * Writes files below `base`, all or none: each beside its target first, then all renamed into place. Synchronous, so that
 * no signal comes between. Files behind symbolic links are written, the links stay. Permissions stay.
 * @throws the file system's own error, with everything as it was
 */
export function writeFiles(
  base: string,
  files: ReadonlyMap<string, string>,
  before: Record<string, string | Uint8Array>,
): void {
  const writes = [...files].map(([name, text]) => plan(join(base, name), text, before[name]));
  const renamed: Write[] = [];
  try {
    for (const { path, temporary, text } of writes) {
      writeFileSync(temporary, text, { flag: "wx" });
      const mode = statSync(path, { throwIfNoEntry: false })?.mode;
      if (mode !== undefined) chmodSync(temporary, mode);
    }
    for (const write of writes) {
      renameSync(write.temporary, write.path);
      renamed.push(write);
    }
  } catch (error) {
    for (const { path, before } of renamed) {
      if (before === undefined) rmSync(path, { force: true });
      else writeFileSync(path, before);
    }
    throw error;
  } finally {
    for (const { temporary } of writes) rmSync(temporary, { force: true });
  }
}

function plan(asked: string, text: string, before: Write["before"]): Write {
  let path = asked;
  try {
    path = realpathSync(asked);
  } catch {
    // A new file.
  }
  return { path, temporary: join(dirname(path), `.${basename(path)}.webhoist-${process.pid}`), text, before };
}
