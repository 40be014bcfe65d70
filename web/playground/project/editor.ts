import { json } from "@codemirror/lang-json";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { forceLinting, linter, lintGutter } from "@codemirror/lint";
import { Compartment, EditorState, type Extension, Prec } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { basicSetup } from "codemirror";
import { checkJson, type JsonCheck, type TextMark } from "./json-check.ts";
import { type LoadVersions, versionCompletion } from "./version-completion.ts";

const jsonHighlight = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--code-key)" },
  { tag: tags.string, color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--code-number)" },
  { tag: [tags.separator, tags.squareBracket, tags.brace], color: "var(--ink-3)" },
]);

/** The look of both the editor and the read-only text. */
export const editorLook: Extension = [
  syntaxHighlighting(jsonHighlight),
  EditorView.theme({ "&": { height: "100%" }, ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" } }),
];

export interface EditorHost {
  /** Called when the text of the open file changed. */
  changed: (path: string) => void;
  /** Called when a file was checked for JSON errors. */
  checked: (path: string, check: JsonCheck) => void;
  /** Returns the marks of the last run's failure. */
  failureMarks: (path: string, check: JsonCheck) => TextMark[];
  resolve: () => void;
  install: () => void;
  versions: LoadVersions;
}

/** One editor for all files of the project. Each file keeps its own undo history and selection. */
export class Editor {
  readonly #view: EditorView;
  readonly #host: EditorHost;
  readonly #states = new Map<string, EditorState>();
  readonly #linting = new Compartment();
  #path = "";

  constructor(parent: HTMLElement, host: EditorHost) {
    this.#host = host;
    this.#view = new EditorView({ parent });
  }

  get path(): string {
    return this.#path;
  }

  get paths(): string[] {
    return [...this.#states.keys()];
  }

  /** Returns the current text of every file. */
  files(): Record<string, string> {
    this.#saveState();
    const entries = [...this.#states].map(([path, state]) => [path, state.doc.toString()] as const);
    return Object.fromEntries(entries);
  }

  /** Replaces the project with a new one. */
  load(files: Readonly<Record<string, string>>): void {
    this.#states.clear();
    this.#path = "";
    for (const [path, text] of Object.entries(files)) this.#states.set(path, this.#state(path, text));
    this.open("package.json");
  }

  add(path: string, text: string): void {
    if (this.#states.has(path)) this.write(path, text);
    else this.#states.set(path, this.#state(path, text));
  }

  remove(path: string): void {
    this.#states.delete(path);
    if (path !== this.#path) return;
    this.#path = "";
    this.open("package.json");
  }

  open(path: string): void {
    const state = this.#states.get(path);
    if (!state || path === this.#path) return;
    this.#saveState();
    this.#path = path;
    this.#view.setState(state);
    forceLinting(this.#view);
  }

  /** Replaces only the part of a file that differs, so that the cursor stays and one undo reverts it. */
  write(path: string, text: string): void {
    this.open(path);
    const before = this.#view.state.doc.toString();
    let from = 0;
    const shorter = Math.min(before.length, text.length);
    while (from < shorter && before[from] === text[from]) from++;
    let tail = 0;
    while (tail < shorter - from && before.at(-1 - tail) === text.at(-1 - tail)) tail++;
    const insert = text.slice(from, text.length - tail);
    this.#view.dispatch({ changes: { from, to: before.length - tail, insert }, scrollIntoView: true });
    this.relint();
  }

  /** Updates the marks after a run. */
  relint(): void {
    this.#view.dispatch({ effects: this.#linting.reconfigure(this.#checker(this.#path)) });
    forceLinting(this.#view);
  }

  /** Moves the cursor to a position and focuses the editor. */
  goTo(position: number): void {
    this.#view.dispatch({ selection: { anchor: position }, scrollIntoView: true });
    this.#view.focus();
  }

  /** Selects a part of the open file. Does not move the focus. */
  select(from: number, to: number): void {
    this.#view.dispatch({ selection: { anchor: from, head: to }, scrollIntoView: true });
  }

  focus(): void {
    this.#view.focus();
  }

  #saveState(): void {
    if (this.#path) this.#states.set(this.#path, this.#view.state);
  }

  #checker(path: string): Extension {
    const isManifest = path === "package.json" || path.endsWith("/package.json");
    return linter(
      (view) => {
        const check = checkJson(view.state.doc.toString(), isManifest);
        this.#host.checked(path, check);
        return [...check.marks, ...this.#host.failureMarks(path, check)];
      },
      { delay: 250 },
    );
  }

  #state(path: string, doc: string): EditorState {
    const isJson = path.endsWith(".json");
    const language = json();
    const run = (action: () => void) => (): boolean => {
      action();
      return true;
    };
    const keys = [
      { key: "Mod-Enter", run: run(() => this.#host.resolve()) },
      { key: "Mod-Shift-Enter", run: run(() => this.#host.install()) },
    ];
    return EditorState.create({
      doc,
      extensions: [
        Prec.high(keymap.of(keys)),
        basicSetup,
        editorLook,
        isJson ? [language, lintGutter(), this.#linting.of(this.#checker(path))] : this.#linting.of([]),
        isJson ? language.language.data.of({ autocomplete: versionCompletion(this.#host.versions) }) : [],
        EditorView.contentAttributes.of({ "aria-label": `${path}: press Escape, then Tab, to leave the editor` }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) this.#host.changed(path);
        }),
      ],
    });
  }
}
