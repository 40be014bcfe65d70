import type { Failure } from "../api/failure.ts";
import { relativePath } from "../base/posix-path.ts";
import { PROJECT_MOUNT } from "../project/files.ts";

/** Absolute paths below the folder where a project's files stand, or in a folder beside it. */
const VIRTUAL = new RegExp(`${PROJECT_MOUNT.slice(0, 6)}[^\\s"')]*`, "g");

/**
 * Makes every path in a failure relative to the project: the virtual folder of its files must not show. The project's own folder
 * becomes `""`.
 */
export function hideProjectPath(failure: Failure, projectPath: string): Failure {
  const text = JSON.stringify(failure);
  if (!text.includes(PROJECT_MOUNT.slice(0, 6))) return failure;
  return JSON.parse(text, (_, value: unknown) =>
    typeof value === "string" ? value.replace(VIRTUAL, (path) => relativePath(projectPath, path)) : value,
  ) as Failure;
}
