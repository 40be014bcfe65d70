import { byId, icon, setChildren } from "../elements/dom.ts";
import type { PageSettings, Theme } from "./page-settings.ts";

const NEXT_THEME: Readonly<Record<Theme, Theme>> = { system: "light", light: "dark", dark: "system" };
const THEME_ICONS = { system: "system", light: "sun", dark: "moon" } as const;

/** Sets up the button that switches from the system's theme to light to dark. */
export function themeButton(settings: PageSettings, changed: () => void): void {
  const button = byId("theme");
  const show = (): void => {
    document.documentElement.dataset["theme"] = settings.theme;
    button.setAttribute("aria-label", `Theme: ${settings.theme}`);
    button.title = `Theme: ${settings.theme}`;
    setChildren(button, icon(THEME_ICONS[settings.theme] ?? "system"));
  };
  button.addEventListener("click", () => {
    settings.theme = NEXT_THEME[settings.theme] ?? "system";
    show();
    changed();
  });
  show();
}
