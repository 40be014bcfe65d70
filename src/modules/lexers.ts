import type { parse as parseCommonJs } from "cjs-module-lexer";
import type { parse as parseModule } from "es-module-lexer/js";
import type { transform } from "sucrase";

/** The libraries that read and compile source text. Each is loaded when the first module needs it. */
export interface Compilers {
  readonly parseModule: typeof parseModule;
  readonly parseCommonJs: typeof parseCommonJs;
}

let lexers: Promise<Compilers> | undefined;
let sucrase: Promise<typeof transform> | undefined;

/** Loads both lexers, neither of which compiles WebAssembly or evaluates text. */
export async function loadLexers(): Promise<Compilers> {
  lexers ??= Promise.all([import("es-module-lexer/js"), import("cjs-module-lexer")]).then(([esm, cjs]) => ({
    parseModule: esm.parse,
    parseCommonJs: cjs.parse,
  }));
  try {
    return await lexers;
  } catch (error) {
    // A failure to load is not remembered.
    lexers = undefined;
    throw error;
  }
}

/** Loads the compiler for TypeScript and JSX. */
export async function loadSucrase(): Promise<typeof transform> {
  sucrase ??= import("sucrase").then((module) => module.transform);
  try {
    return await sucrase;
  } catch (error) {
    sucrase = undefined;
    throw error;
  }
}
