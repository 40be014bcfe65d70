// Reads tests in the form of pub's: `serve(name, version, deps: {…})`, `appDir(dependencies: {…})`, `expectResolves(result: {…})`.
import { LeftOut } from "./pep440.mjs";

const TOKEN = /\s+|\/\/[^\n]*|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[\w$]+|[^\s\w]/gy;

/** Returns the tests of a file as `{ name, tokens }`. A name starts with the names of the groups around the test. */
export function dartTests(text) {
  const tokens = tokensOf(text);
  const tests = [];
  const groups = [];
  let depth = 0;
  for (let at = 0; at < tokens.length; at++) {
    if (tokens[at] === "(") depth++;
    if (tokens[at] === ")") depth--;
    while (groups.length > 0 && groups.at(-1).depth > depth) groups.pop();
    if (!["test", "group"].includes(tokens[at]) || tokens[at + 1] !== "(") continue;
    if (!isText(tokens[at + 2] ?? "")) continue;
    const [name, next] = textFrom(tokens, at + 2);
    if (tokens[at] === "group") {
      groups.push({ name, depth: depth + 1 });
    } else {
      const end = closing(tokens, at + 1);
      tests.push({ name: [...groups.map((group) => group.name), name].join(": "), tokens: tokens.slice(next, end) });
      at = end;
    }
  }
  return tests;
}

function tokensOf(text) {
  return [...text.matchAll(TOKEN)].map(([token]) => token).filter((token) => !/^(?:\s|\/\/)/.test(token));
}

const isText = (token) => /^['"]/.test(token);

/** Reads one text. Adjacent strings are joined, as in Dart. */
function textFrom(tokens, at) {
  let text = "";
  while (isText(tokens[at] ?? "")) text += tokens[at++].slice(1, -1).replace(/\\(.)/g, "$1");
  return [text, at];
}

const PAIRS = { "(": ")", "{": "}", "[": "]" };

/** Returns the index of the bracket that closes the one at `at`. */
function closing(tokens, at) {
  const open = [];
  for (let index = at; index < tokens.length; index++) {
    const token = tokens[index];
    if (token in PAIRS) open.push(PAIRS[token]);
    else if (token === open.at(-1)) open.pop();
    if (open.length === 0) return index;
  }
  throw new Error("Unclosed bracket");
}

/** Reads a map, text or boolean at `at`, and returns it with the index after it. @throws LeftOut for anything else */
export function literal(tokens, at) {
  const token = tokens[at] ?? "";
  if (isText(token)) return textFrom(tokens, at);
  if (token === "true" || token === "false") return [token === "true", at + 1];
  if (token !== "{") throw new LeftOut(`not plain data: ${token}`);
  const map = Object.create(null);
  for (at++; tokens[at] !== "}"; ) {
    const [key, colon] = textFrom(tokens, at);
    if (tokens[colon] !== ":") throw new LeftOut(`not plain data: ${tokens[colon]}`);
    const [value, next] = literal(tokens, colon + 1);
    map[key] = value;
    at = tokens[next] === "," ? next + 1 : next;
  }
  return [map, at + 1];
}

/** Returns the calls of the given functions, in order. `texts` has the string arguments of a call, `named` its named arguments. */
export function calls(tokens, names) {
  const found = [];
  for (let at = 0; at < tokens.length; at++) {
    if (!names.includes(tokens[at]) || tokens[at + 1] !== "(") continue;
    const end = closing(tokens, at + 1);
    found.push({ called: tokens[at], ...argumentsOf(tokens.slice(at + 2, end)) });
    at = end;
  }
  return found;
}

function argumentsOf(tokens) {
  const texts = [];
  const named = Object.create(null);
  for (let at = 0; at < tokens.length; at++) {
    if (tokens[at + 1] === ":") {
      const name = tokens[at];
      // The text of an error is not translated, because our messages differ.
      const isPlain = isText(tokens[at + 2] ?? "") || ["{", "true", "false"].includes(tokens[at + 2]);
      if (!isPlain) {
        named[name] = null;
        return { texts, named };
      }
      [named[name], at] = literal(tokens, at + 2);
    } else {
      const [value, next] = literal(tokens, at);
      texts.push(value);
      at = next;
    }
    if (at < tokens.length && tokens[at] !== ",") return { texts, named };
  }
  return { texts, named };
}
