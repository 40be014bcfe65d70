import { fork } from "node:child_process";
import { once } from "node:events";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { PackageFiles } from "../../src/node/package-files.ts";

/** Files by path: text, or a value to write as JSON. */
export type Layout = Readonly<Record<string, unknown>>;

/** A temporary folder on the disk. */
export class DiskProject implements Disposable {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), "node-resolve-")));

  constructor(files: Layout, links: Readonly<Record<string, string>> = {}) {
    for (const folder of new Set(Object.keys(files).map((path) => dirname(join(this.root, path)))))
      mkdirSync(folder, { recursive: true });
    for (const [path, content] of Object.entries(files)) {
      writeFileSync(join(this.root, path), typeof content === "string" ? content : JSON.stringify(content));
    }
    for (const [path, to] of Object.entries(links)) {
      mkdirSync(dirname(join(this.root, path)), { recursive: true });
      symlinkSync(join(this.root, to), join(this.root, path));
    }
  }

  /** The folder as module resolution sees it. */
  files(): PackageFiles {
    return {
      nodeVersion: process.version,
      kind: (path) => {
        try {
          return statSync(join(this.root, path)).isFile() ? "file" : "directory";
        } catch {
          return null;
        }
      },
      text: (path) => readFileSync(join(this.root, path), "utf8"),
      realpath: (path) => relative(this.root, realpathSync(join(this.root, path))),
    };
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

export interface Question {
  readonly specifier: string;
  /** Returns a path relative to the project. */
  readonly importer: string;
}

/** Node's results of `import` and `require`: a path relative to the project, a URL, or an error's code. */
export interface NodeAnswer {
  readonly import: string;
  readonly require: string;
}

/** Asks Node in a separate process, because the test runner replaces `import.meta.resolve` in this one. */
export class NodeOracle implements Disposable {
  readonly #process = fork(fileURLToPath(new URL("./oracle.mjs", import.meta.url)), {
    execArgv: ["--experimental-import-meta-resolve", "--no-warnings", "--no-deprecation"],
  });

  async ask(root: string, questions: readonly Question[]): Promise<NodeAnswer[]> {
    this.#process.send(questions.map(({ specifier, importer }) => ({ specifier, importer: join(root, importer) })));
    const [answers] = (await once(this.#process, "message")) as [NodeAnswer[]];
    const inside = (answer: string): string => (answer.startsWith("/") ? relative(root, answer) : answer);
    return answers.map((answer) => ({ import: inside(answer.import), require: inside(answer.require) }));
  }

  [Symbol.dispose](): void {
    this.#process.kill();
  }
}
