import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const ROOT = join(import.meta.dirname, "../../..");

/** A regular expression in a source file. */
export interface SourceRegex {
  readonly file: string;
  readonly source: string;
  /** With `g` too if it splits a text. */
  readonly flags: string;
}

/** Returns all regular expressions of the sources: literals, and calls of `RegExp` whose text follows from constants. */
export function regexesInSources(): { found: SourceRegex[]; unknown: string[] } {
  const found: SourceRegex[] = [];
  const unknown: string[] = [];
  for (const file of ["src", "workers", "web"].flatMap(filesIn)) {
    const source = ts.createSourceFile(file, readFileSync(join(ROOT, file), "utf8"), ts.ScriptTarget.Latest, true);
    const visit = (node: ts.Node): void => {
      if (ts.isRegularExpressionLiteral(node)) found.push({ file, ...parts(node) });
      else if (ts.isNewExpression(node) && node.expression.getText() === "RegExp") {
        const [text, flags] = (node.arguments ?? []).map((argument) => constant(argument, source));
        if (text === undefined) unknown.push(`${file}: ${node.getText()}`);
        else found.push({ file, source: text, flags: flags ?? "" });
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return { found, unknown };
}

function filesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(?:ts|mjs)$/.test(file))
    .map((file) => `${folder}/${file}`);
}

function parts(node: ts.RegularExpressionLiteral): { source: string; flags: string } {
  const { parent, text } = node;
  const end = text.lastIndexOf("/");
  const call =
    ts.isCallExpression(parent) && ts.isPropertyAccessExpression(parent.expression) ? parent.expression.name.text : "";
  return { source: text.slice(1, end), flags: text.slice(end + 1) + (call === "split" ? "g" : "") };
}

/** Returns the text of an expression that consists of constants of its file; undefined for any other expression. */
function constant(node: ts.Expression, file: ts.SourceFile): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isIdentifier(node)) {
    const value = declaration(node.text, file);
    return value && constant(value, file);
  }
  if (ts.isPropertyAccessExpression(node) && node.name.text === "source") return sourceOf(node.expression, file);
  if (ts.isTaggedTemplateExpression(node))
    return node.tag.getText() === "String.raw" ? template(node.template, file, true) : undefined;
  return ts.isTemplateExpression(node) ? template(node, file, false) : undefined;
}

/** Returns the source of a regular expression that a constant holds. */
function sourceOf(node: ts.Expression, file: ts.SourceFile): string | undefined {
  const value = ts.isIdentifier(node) ? declaration(node.text, file) : node;
  if (value && ts.isRegularExpressionLiteral(value)) return parts(value).source;
  const text = value && ts.isNewExpression(value) ? value.arguments?.[0] : undefined;
  return text && constant(text, file);
}

function template(node: ts.TemplateLiteral, file: ts.SourceFile, raw: boolean): string | undefined {
  const text = (part: ts.TemplateLiteralLikeNode): string => (raw ? (part.rawText ?? part.text) : part.text);
  if (ts.isNoSubstitutionTemplateLiteral(node)) return text(node);
  let out = text(node.head);
  for (const { expression, literal } of node.templateSpans) {
    const value = constant(expression, file);
    if (value === undefined) return undefined;
    out += value + text(literal);
  }
  return out;
}

/** Returns the value of a constant at the top level of a file. */
function declaration(name: string, file: ts.SourceFile): ts.Expression | undefined {
  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const one of statement.declarationList.declarations)
      if (one.name.getText() === name && one.initializer) return one.initializer;
  }
  return undefined;
}
