import { statSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

// Answers where Node's imports lead. Started with --experimental-import-meta-resolve, which allows a parent to be given.

/** @param {string} specifier @param {string} importer */
function imported(specifier, importer) {
  const url = import.meta.resolve(specifier, pathToFileURL(importer).href);
  if (!url.startsWith("file:")) return url;
  const path = fileURLToPath(url);
  // `import.meta.resolve` returns an address even if the file does not exist.
  try {
    return statSync(path).isDirectory() ? "ERR_UNSUPPORTED_DIR_IMPORT" : path;
  } catch {
    return "ERR_MODULE_NOT_FOUND";
  }
}

/** @param {string} specifier @param {string} importer */
function required(specifier, importer) {
  const found = createRequire(importer).resolve(specifier);
  return found.startsWith("/") || found.startsWith("node:") ? found : `node:${found}`;
}

/** @param {() => string} ask */
function answer(ask) {
  try {
    return ask();
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    return code === "MODULE_NOT_FOUND" ? "ERR_MODULE_NOT_FOUND" : (code ?? message);
  }
}

process.on("message", (/** @type {{ specifier: string, importer: string }[]} */ questions) => {
  process.send?.(
    questions.map(({ specifier, importer }) => ({
      import: answer(() => imported(specifier, importer)),
      require: answer(() => required(specifier, importer)),
    })),
  );
});
