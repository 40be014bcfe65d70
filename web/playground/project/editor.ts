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

/** What the editable and the read-only view have in common. */
export const editorLook: Extension = [
  syntaxHighlighting(jsonHighlight),
  EditorView.theme({ "&": { height: "100%" }, ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" } }),
];

export interface EditorHost {
  /** Text of the open file changed. */
  changed: (path: string) => void;
  checked: (path: string, check: JsonCheck) => void;
  /** Marks from the last run, for the text as it stands. */
  failureMarks: (path: string, check: JsonCheck) => TextMark[];
  resolve: () => void;
  install: () => void;
  versions: LoadVersions;
}

/** One editor for all files of the project; each file keeps its own history and selection. */
export class Editor {
  readonly #view: EditorView;
  readonly #host: EditorHost;
  readonly #states = new Map<string, EditorState>();
  readonly #label = new Compartment();
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

  /** Every file as it stands. */
  files(): Record<string, string> {
    this.#keep();
    const entries = [...this.#states].map(([path, state]) => [path, state.doc.toString()] as const);
    return Object.fromEntries(entries);
  }

  /** Puts a new project in the place of the old one. */
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
    this.#keep();
    this.#path = path;
    this.#view.setState(state);
    forceLinting(this.#view);
  }

  /** Replaces what differs alone, so that the cursor stays and one undo takes it back. */
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

  /** Shows the marks anew: the last run has changed. */
  relint(): void {
    this.#view.dispatch({ effects: this.#label.reconfigure(this.#checker(this.#path)) });
    forceLinting(this.#view);
  }

  /** Puts the cursor where the first error stands. */
  goTo(position: number): void {
    this.#view.dispatch({ selection: { anchor: position }, scrollIntoView: true });
    this.#view.focus();
  }

  /** Selects a part of the open file, and leaves the focus where it is. */
  select(from: number, to: number): void {
    this.#view.dispatch({ selection: { anchor: from, head: to }, scrollIntoView: true });
  }

  focus(): void {
    this.#view.focus();
  }

  #keep(): void {
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
    const run = (act: () => void) => (): boolean => {
      act();
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
        isJson ? [language, lintGutter(), this.#label.of(this.#checker(path))] : this.#label.of([]),
        isJson ? language.language.data.of({ autocomplete: versionCompletion(this.#host.versions) }) : [],
        EditorView.contentAttributes.of({ "aria-label": `${path}: press Escape, then Tab, to leave the editor` }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) this.#host.changed(path);
        }),
      ],
    });
  }
}
