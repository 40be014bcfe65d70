import { json } from "@codemirror/lang-json";
import { EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { basicSetup } from "codemirror";
import { editorLook } from "../project/editor.ts";
import { h, icon } from "./dom.ts";

/** A text to read, search and copy from. `label` is what it is called by who hears the page. */
export function readOnlyView(
  parent: HTMLElement,
  { text, label, isJson }: { text: string; label: string; isJson: boolean },
): EditorView {
  return new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        basicSetup,
        editorLook,
        isJson ? json() : [],
        EditorState.readOnly.of(true),
        EditorView.contentAttributes.of({ "aria-label": `${label}, read only`, "aria-readonly": "true" }),
      ],
    }),
  });
}

/** Copies what `text` then is, and says so for a moment. */
export function copyButton(text: () => string): HTMLButtonElement {
  const label = h("span", {}, "Copy");
  const button = h("button", { type: "button" }, icon("copy"), label);
  button.addEventListener("click", async () => {
    let said = "Copied";
    try {
      await navigator.clipboard.writeText(text());
    } catch {
      said = "Not allowed";
    }
    label.textContent = said;
    setTimeout(() => label.replaceChildren("Copy"), 1600);
  });
  return button;
}
