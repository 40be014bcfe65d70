import { type Child, h } from "./dom.ts";

/**
 * Shows a dialog with fields, a Cancel button and a button to confirm. Returns `ok` if it was confirmed, an empty string if it
 * was cancelled, or the value passed to `close` by `opened`.
 */
export function askInDialog(
  title: string,
  confirm: string,
  fields: readonly Child[],
  opened: (close: (value: string) => void) => void = () => {},
): Promise<string> {
  const dialog = h(
    "dialog",
    { "aria-label": title },
    h(
      "form",
      { method: "dialog" },
      h("h2", {}, title),
      ...fields,
      h(
        "p",
        { class: "dialog-end" },
        h("button", { type: "submit", value: "", formnovalidate: true }, "Cancel"),
        h("button", { type: "submit", value: "ok", class: "primary" }, confirm),
      ),
    ),
  );
  document.body.append(dialog);
  opened((value) => dialog.close(value));
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
  });
}
