import type { Failure } from "../api/failure.ts";
import { relativePath } from "../base/posix-path.ts";
import { PROJECT_MOUNT } from "../project/files.ts";

/** Matches absolute paths in the virtual folder of a file set, or beside it. */
const VIRTUAL = new RegExp(`${PROJECT_MOUNT.slice(0, 6)}[^\\s"')]*`, "g");

/**
 * Makes every path in a failure relative to the project, because the user does not know the virtual folder of its files. The
 * project's own folder becomes `""`.
 */
export function hideProjectPath(failure: Failure, projectPath: string): Failure {
  const text = JSON.stringify(failure);
  if (!text.includes(PROJECT_MOUNT.slice(0, 6))) return failure;
  return JSON.parse(text, (_, value: unknown) =>
    typeof value === "string" ? value.replace(VIRTUAL, (path) => relativePath(projectPath, path)) : value,
  ) as Failure;
}
