import { WARM } from "./phases.ts";
import type { Row } from "./rows.ts";

/** Groups the rows by project and phase. The rows of a group are compared with each other. */
export function groupsOf(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = `${row.project} · ${row.phase}${row.feed === "memory" ? " · from memory" : ""}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return groups;
}

/** Returns a name such as `webhoist threads io:worker h2`. */
export function nameOf({ who, mode, io, transport }: Row): string {
  return [who, mode, io === "worker" ? "io:worker" : null, transport].filter(Boolean).join(" ");
}

/** Returns the ratio to the median of another contender. A floor is compared on the same transport; a peer has only one. */
function ratio(row: Row, others: readonly Row[], who: string): string {
  const other = others.find((each) => each.who === who && (who !== "floor" || each.transport === row.transport));
  return other && other !== row ? `×${(row.median / other.median).toFixed(2)}` : "";
}

const mega = (bytes: number | null): string => (bytes === null ? "" : (bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 1));
const whole = (value: number | null): string => (value === null ? "" : String(Math.round(value)));

function time({ median, seconds }: Row): [string, string] {
  const digits = median < 1 ? 3 : 2;
  const spread = `${Math.min(...seconds).toFixed(digits)}–${Math.max(...seconds).toFixed(digits)}`;
  return [median.toFixed(digits), spread];
}

/** Returns warnings about a row's figures. */
function notes({ phase, who, requests, stats }: Row): string {
  const said = stats["lock"] === "ok" ? ["lock ok"] : stats["lock"] === "differs" ? ["LOCK DIFFERS"] : [];
  if (WARM.includes(phase) && who === "webhoist" && requests > 0) said.push("NOT WARM");
  if (Number(stats["wrong"] ?? 0) > 0) said.push("FILES DIFFER");
  return said.join(", ");
}

const HEAD = [
  ...["requests", "MB", "tarballs", "files", "stored s", "write s", "longest ms", "busy ms", "peak MB", "cpu s"],
  ...["messages", "store MB", "lock MB"],
];

function cells(row: Row, others: readonly Row[], peers: readonly string[]): string[] {
  return [
    nameOf(row),
    ...time(row),
    ...["floor", ...peers].map((who) => ratio(row, others, who)),
    whole(row.requests),
    mega(row.bytes),
    whole(row.tarballs),
    whole(row.files),
    row.storedSeconds?.toFixed(2) ?? "",
    row.materializeSeconds?.toFixed(2) ?? "",
    whole(row.longestTaskMs),
    whole(row.pageBusyMs),
    mega(row.peakBytes),
    row.cpuSeconds?.toFixed(2) ?? "",
    whole(row.messages),
    mega(row.storeBytes),
    mega(row.lockBytes),
    notes(row),
  ];
}

/** Removes the columns without figures. Keeps names and notes. */
function filled(head: readonly string[], lines: readonly string[][]): string[][] {
  const kept = head.map((title, column) => title === "" || lines.some((line) => line[column]));
  return [head, ...lines].map((line) => line.filter((_, column) => kept[column]));
}

/** Aligns names and notes to the left, figures to the right. */
function align(lines: readonly string[][]): string {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const last = widths.length - 1;
  const pad = (text: string, column: number): string =>
    column === 0 || column === last ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  return lines.map((line) => line.map(pad).join("  ").trimEnd()).join("\n");
}

/** Returns all rows as text, with a column for each peer that ran. */
export function tableOf(rows: readonly Row[]): string {
  const blocks = [...groupsOf(rows)].map(([title, group]) => {
    const peers = [...new Set(group.map(({ who }) => who))].filter(
      (who) => !who.startsWith("floor") && who !== "webhoist",
    );
    const head = ["", "seconds", "spread", "×floor", ...peers.map((peer) => `×${peer}`), ...HEAD, ""];
    const lines = group.map((row) => cells(row, group, peers));
    return `${title}\n${align(filled(head, lines))}`;
  });
  return blocks.join("\n\n");
}
