// Runs hostile inputs through every parser and phase, each in a process of its own, on one thread as in a page without workers.
//   npm run bench:hostile [-- TEXT…] [--seconds N] [--strict]
// TEXT: only cases whose group or title contains it. After N seconds of the processor (default 10) a case is cancelled. A case that does not
// hear it is killed after ten times as long.
// With --strict the command fails if a case ends without a code, does not end, or blocks the thread for more than 50 ms.
import { spawn } from "node:child_process";
import { bundle } from "./node-bundle.mjs";

/** The longest time in milliseconds that a page may be blocked. */
const LONGEST = 50;

const args = process.argv.slice(2);
const seconds = args.includes("--seconds") ? Number(args[args.indexOf("--seconds") + 1]) : 10;
const texts = args.filter((arg, i) => !arg.startsWith("--") && args[i - 1] !== "--seconds");

const script = await bundle("hostile-run");
const cases = JSON.parse((await childRun([])).text);
const wanted = ({ group, title }) => texts.length === 0 || texts.some((text) => `${group} ${title}`.includes(text));

console.log(`${"input".padEnd(72)}   seconds  longest ms   end`);
let bad = 0;
let count = 0;
for (const [index, one] of cases.entries()) {
  if (!wanted(one)) continue;
  count++;
  const { text, killed } = await childRun([String(index), String(seconds)]);
  const found = parse(text) ?? {
    end: killed ? "killed" : `died: ${text.slice(-60)}`,
    longest: Number.NaN,
    cpu: Number.NaN,
  };
  const isGood = /^(?:answer|E[A-Z0-9_]+|TAR_\w+)$/.test(found.end) && found.longest <= LONGEST;
  if (!isGood) bad++;
  console.log(
    `${one.group}: ${one.title}`.padEnd(72),
    (found.cpu / 1000).toFixed(2).padStart(9),
    found.longest.toFixed(0).padStart(11),
    `  ${found.end}${isGood ? "" : "  ←"}`,
  );
}
console.log(
  `${count} inputs; ${bad} without an answer or a code, or with a longest stretch of more than ${LONGEST} ms (←)`,
);
if (bad > 0 && args.includes("--strict")) process.exitCode = 1;

/** Runs the script, and kills it after ten times the seconds and the time to prepare. */
function childRun(childArgs) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["--expose-gc", "--max-old-space-size=4096", script, ...childArgs]);
    let text = "";
    let killed = false;
    const timer = setTimeout(
      () => {
        killed = true;
        child.kill("SIGKILL");
      },
      (10 * seconds + 60) * 1000,
    );
    child.stdout.on("data", (data) => (text += data));
    child.stderr.on("data", (data) => (text += data));
    child.on("close", () => {
      clearTimeout(timer);
      resolve({ text, killed });
    });
  });
}

function parse(text) {
  try {
    return JSON.parse(text.trim().split("\n").at(-1));
  } catch {
    return undefined;
  }
}
