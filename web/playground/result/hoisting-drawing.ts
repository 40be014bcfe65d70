const SVG = "http://www.w3.org/2000/svg";

type DrawingPoint = readonly [x: number, y: number];

/** The packages as a nested tree: the place of each and the index of its parent. Index 0 is the project. */
const NESTED: readonly (readonly [at: DrawingPoint, parent: number])[] = [
  [[84, 20], 0],
  [[36, 64], 0],
  [[84, 64], 0],
  [[132, 64], 0],
  [[20, 108], 1],
  [[52, 108], 1],
  [[116, 108], 3],
  [[148, 108], 3],
];

/** The same packages hoisted as far as possible. Of the two versions in colour, one stays nested. */
const HOISTED: readonly (readonly [at: DrawingPoint, parent: number])[] = [
  [[336, 20], 0],
  [[258, 64], 0],
  [[284, 64], 0],
  [[310, 64], 0],
  [[336, 64], 0],
  [[362, 64], 0],
  [[388, 64], 0],
  [[310, 108], 3],
];

/** Indexes of the packages drawn in colour: two versions of one package. */
const MARKED: ReadonlySet<number> = new Set([5, 7]);

function svgShape(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

/** Returns a drawing of a nested tree that becomes a hoisted one. Hidden from screen readers. */
export function hoistingDrawing(): SVGElement {
  const svg = svgShape("svg", { viewBox: "0 0 420 128", class: "hoisting", "aria-hidden": "true" });
  for (const tree of [NESTED, HOISTED]) {
    for (const [[x, y], parent] of tree) {
      const [px, py] = tree[parent]?.[0] ?? [x, y];
      if (py < y) svg.append(svgShape("path", { d: `M${px} ${py}V${(py + y) / 2}H${x}V${y}` }));
    }
    tree.forEach(([[x, y]], i) => {
      const kind = i === 0 ? "project" : MARKED.has(i) ? "marked" : "package";
      svg.append(svgShape("rect", { x: x - 8, y: y - 8, width: 16, height: 16, rx: i === 0 ? 8 : 4, class: kind }));
    });
  }
  svg.append(svgShape("path", { d: "M184 64h36m-7-6 7 6-7 6", class: "arrow" }));
  return svg;
}
