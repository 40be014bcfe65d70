import { json } from "@codemirror/lang-json";
import { EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { basicSetup } from "codemirror";
import { editorLook } from "../project/editor.ts";
import { h, icon } from "./dom.ts";

/** Shows a text that can be read, searched and copied but not edited. `label` is its accessible name. */
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

/** Returns a button that copies the current `text` and shows the outcome for a moment. */
export function copyButton(text: () => string): HTMLButtonElement {
  const label = h("span", {}, "Copy");
  const button = h("button", { type: "button" }, icon("copy"), label);
  button.addEventListener("click", async () => {
    let outcome = "Copied";
    try {
      await navigator.clipboard.writeText(text());
    } catch {
      outcome = "Copying is not allowed";
    }
    label.textContent = outcome;
    setTimeout(() => label.replaceChildren("Copy"), 1600);
  });
  return button;
}
