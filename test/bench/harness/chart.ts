import type { Row } from "./rows.ts";
import { groupsOf, nameOf } from "./table.ts";

const WIDTH = 860;
const LEFT = 230;
const RIGHT = 90;
const LINE = 24;
const COLOURS: Record<string, string> = { webhoist: "#2f6fdd", floor: "#9aa4b2", "floor no-store": "#b9c0ca" };
const PEER = "#d98a2b";
const INK = "#1f2733";

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
const px = (value: number): string => value.toFixed(1);

interface Scale {
  x(seconds: number): number;
  y: number;
}

function bar(row: Row, { x, y }: Scale): string {
  const colour = COLOURS[row.who] ?? PEER;
  const middle = y + LINE / 2;
  const dots = row.seconds
    .map((seconds) => `<circle cx="${px(x(seconds))}" cy="${px(middle)}" r="2.5" fill="${INK}" fill-opacity="0.45"/>`)
    .join("");
  const label = row.median < 1 ? `${Math.round(row.median * 1000)} ms` : `${row.median.toFixed(2)} s`;
  return [
    `<text x="${LEFT - 10}" y="${px(middle + 4)}" text-anchor="end">${escaped(nameOf(row))}</text>`,
    `<rect x="${LEFT}" y="${px(y + 4)}" width="${px(x(row.median) - LEFT)}" height="${LINE - 8}" fill="${colour}"/>`,
    dots,
    `<text x="${px(x(Math.max(row.median, ...row.seconds)) + 8)}" y="${px(middle + 4)}">${label}</text>`,
  ].join("");
}

/** Draws a bar for each row's median and a dot for each run. Each project and phase has its own scale. */
export function chartOf(rows: readonly Row[]): string {
  const parts: string[] = [];
  let y = 16;
  for (const [title, group] of groupsOf(rows)) {
    parts.push(`<text x="16" y="${y + 14}" font-weight="600">${escaped(title)}</text>`);
    y += LINE;
    const most = Math.max(...group.flatMap(({ seconds }) => seconds), Number.MIN_VALUE);
    const x = (seconds: number): number => LEFT + (seconds / most) * (WIDTH - LEFT - RIGHT);
    for (const row of group) {
      parts.push(bar(row, { x, y }));
      y += LINE;
    }
    y += LINE / 2;
  }
  const size = `width="${WIDTH}" height="${y}" viewBox="0 0 ${WIDTH} ${y}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="system-ui, sans-serif" font-size="13" fill="${INK}">
<rect width="${WIDTH}" height="${y}" fill="#fff"/>
${parts.join("\n")}
</svg>
`;
}
