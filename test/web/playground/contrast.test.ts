import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const css = readFileSync(new URL("../../../web/playground/styles/base.css", import.meta.url), "utf8");

/** Returns the colours of a scheme in base.css by name. */
function colours(scheme: 0 | 1): Map<string, string> {
  const pairs = css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g);
  return new Map([...pairs].map(([, name, light, dark]) => [name!, (scheme === 0 ? light : dark)!]));
}

/** Returns the relative luminance of a colour, as WCAG 2 defines it. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Each text colour and the backgrounds that it is used on. */
const TEXT: Readonly<Record<string, readonly string[]>> = {
  ink: ["paper", "surface", "raised", "sunken", "hover", "accent-wash"],
  "ink-2": ["paper", "surface", "raised", "sunken", "hover", "accent-wash"],
  "ink-3": ["paper", "surface", "hover", "accent-wash"],
  accent: ["paper", "surface", "raised", "hover", "accent-wash"],
  "accent-strong": ["accent-wash"],
  "accent-ink": ["accent", "accent-strong"],
  red: ["paper", "surface", "red-wash"],
  amber: ["paper", "surface", "amber-wash"],
  "code-key": ["surface", "hover"],
  "code-string": ["surface", "hover"],
  "code-number": ["surface", "hover"],
};

test.each([
  ["light", 0],
  ["dark", 1],
] as const)("text has a contrast of at least 4.5 to 1 in the %s theme", (_, scheme) => {
  const all = colours(scheme);
  const weak = Object.entries(TEXT).flatMap(([text, grounds]) =>
    grounds.flatMap((ground) => {
      const [high = 0, low = 0] = [text, ground].map((name) => luminance(all.get(name)!)).sort((a, b) => b - a);
      const ratio = (high + 0.05) / (low + 0.05);
      return ratio < 4.5 ? [`${text} on ${ground}: ${ratio.toFixed(2)}`] : [];
    }),
  );
  expect(weak).toEqual([]);
});
