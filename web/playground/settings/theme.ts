import { byId, fill, icon } from "../elements/dom.ts";
import type { Settings, Theme } from "./page-settings.ts";

const NEXT: Readonly<Record<Theme, Theme>> = { system: "light", light: "dark", dark: "system" };
const ICON = { system: "system", light: "sun", dark: "moon" } as const;

/** The button that walks from the system's colours to light to dark. */
export function themeButton(settings: Settings, changed: () => void): void {
  const button = byId("theme");
  const show = (): void => {
    document.documentElement.dataset["theme"] = settings.theme;
    button.setAttribute("aria-label", `Colours: ${settings.theme}`);
    button.title = `Colours: ${settings.theme}`;
    fill(button, icon(ICON[settings.theme] ?? "system"));
  };
  button.addEventListener("click", () => {
    settings.theme = NEXT[settings.theme] ?? "system";
    show();
    changed();
  });
  show();
}
