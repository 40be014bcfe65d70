import { launchChromium } from "../support/browsers/chromium-window.ts";
import { launchFirefox } from "../support/browsers/firefox.ts";
import { launchWebKit, launchWebKitOn, type WebKitOptions } from "../support/browsers/webkit.ts";
import type { Launcher } from "./browser-stage.ts";

/** Features that Safari has, and that WebKitGTK has built in but switched off. */
const AS_SAFARI: WebKitOptions = {
  features: ["StorageAPI", "StorageAPIEstimate", "FileSystem", "AccessHandle", "FileSystemWritableStream"],
  engine: { useSharedArrayBuffer: "1" },
};

const webKit = (options: WebKitOptions): Launcher => ({
  launch: () => launchWebKit(options),
  launchOn: (profile, pages) => launchWebKitOn(profile, pages, options),
});

/** The browsers under test. */
export const KINDS = {
  Chromium: { launch: () => launchChromium(), launchOn: (profile) => launchChromium(profile) },
  Firefox: {
    launch: () => launchFirefox(),
    launchOn: (profile) => launchFirefox({ profile }),
    // Blocks cookies and all other storage.
    launchRefusing: () => launchFirefox({ preferences: { "network.cookie.cookieBehavior": 2 } }),
    launchPrivate: () => launchFirefox({ preferences: { "browser.privatebrowsing.autostart": true } }),
  },
  WebKitGTK: webKit({}),
  "WebKitGTK with Safari's features": webKit(AS_SAFARI),
} as const satisfies Record<string, Launcher>;
export type Kind = keyof typeof KINDS;
