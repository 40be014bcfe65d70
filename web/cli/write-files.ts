import { chmodSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

interface Write {
  path: string;
  temporary: string;
  text: string;
  /** The old content, to restore; `undefined` if there was no file. */
  before: string | Uint8Array | undefined;
}

/**
 * Writes files below `base`: all of them or none. Each file is written beside its target first, then all are renamed into
 * place. Works synchronously, so that no signal interrupts it. Writes through symbolic links and keeps permissions.
 * @throws the file system's own error, after it restored the old files
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
    // The file does not exist yet.
  }
  return { path, temporary: join(dirname(path), `.${basename(path)}.webhoist-${process.pid}`), text, before };
}
