/** A generated registry and project. Equal arguments give equal cases. */
export interface SolverCase {
  readonly name: string;
  /** The project's dependencies. */
  readonly dependencies: Readonly<Record<string, string>>;
  /** The versions of each package, the latest last. */
  readonly packages: ReadonlyMap<string, readonly CaseVersion[]>;
}

interface CaseVersion {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** Returns a generator of seeded numbers in [0, 1): mulberry32, a public-domain generator by Tommy Ettinger. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Generates many versions of p that all require q ^1, which is impossible: each q requires a package that does not exist, or an r
 * that the project does not allow.
 * @param how `differ`: each p has another requirement too, so that no two manifests are equal
 */
export function badVersions(versions: number, how: { bad: "missing" | "conflict"; differ: boolean }): SolverCase {
  const { bad, differ } = how;
  const versionOfP = (minor: number): CaseVersion => ({
    version: `1.${minor}.0`,
    dependencies: { q: "^1.0.0", ...(differ && { x: `<=1.${minor}.0` }) },
  });
  const packages = new Map<string, CaseVersion[]>([
    ["p", list(versions, versionOfP)],
    [
      "q",
      list(20, (minor) => ({
        version: `1.${minor}.0`,
        dependencies: { [bad === "missing" ? "none" : "r"]: "^1.0.0" },
      })),
    ],
    ["r", [bare("1.0.0"), bare("2.0.0")]],
    ["x", [bare("1.0.0")]],
  ]);
  const name = `${versions} bad versions, q's dependency ${bad === "missing" ? "is missing" : "conflicts"}${differ ? ", manifests differ" : ""}`;
  return { name, dependencies: { p: "^1.0.0", ...(bad === "conflict" && { r: "^2.0.0" }) }, packages };
}

/** The rows of a sudoku. 0 is an empty cell. */
export type Grid = readonly (readonly number[])[];

/**
 * Generates a sudoku: a full grid without most of its digits. `wrongDigit` adds one wrong digit that its row, column and box allow.
 * Then there is usually no solution, and only a search can tell.
 */
export function sudokuGrid(seed: number, how: { givens: number; wrongDigit: boolean }): Grid {
  const random = seeded(seed);
  const digits = shuffled(
    list(9, (at) => at + 1),
    random,
  );
  const [rows, columns] = [lines(random), lines(random)];
  const full = rows.map((row) =>
    columns.map((column) => digits[(row * 3 + Math.floor(row / 3) + column) % 9] as number),
  );
  const order = shuffled(
    list(81, (at) => at),
    random,
  );
  const open = new Set(order.slice(how.givens));
  const grid = full.map((row, r) => row.map((digit, c) => (open.has(r * 9 + c) ? 0 : digit)));
  if (how.wrongDigit) addWrongDigit(grid, full, order.slice(how.givens));
  return grid;
}

/** Shuffles the rows or columns of a sudoku so that it stays valid. */
function lines(random: () => number): number[] {
  return shuffled([0, 1, 2], random).flatMap((band) => shuffled([0, 1, 2], random).map((at) => band * 3 + at));
}

function addWrongDigit(grid: number[][], full: Grid, open: readonly number[]): void {
  for (const cell of open) {
    const [r, c] = [Math.floor(cell / 9), cell % 9];
    const wrong = list(9, (at) => at + 1).find((digit) => digit !== full[r]?.[c] && isFree(grid, cell, digit));
    if (wrong === undefined) continue;
    (grid[r] as number[])[c] = wrong;
    return;
  }
}

/** Checks whether the row, column and box of a cell allow a digit. */
export function isFree(grid: Grid, cell: number, digit: number): boolean {
  const [r, c] = [Math.floor(cell / 9), cell % 9];
  return list(9, (at) => at).every((at) => {
    const row = r - (r % 3) + Math.floor(at / 3);
    return grid[r]?.[at] !== digit && grid[at]?.[c] !== digit && grid[row]?.[c - (c % 3) + (at % 3)] !== digit;
  });
}

/**
 * Turns a sudoku into packages. The version of a cell is its digit. The position of a digit in a row, a column or a box is the version
 * of a package too, and a cell requires its position. So two cells of a row cannot have the same digit.
 */
export function sudoku(name: string, grid: Grid): SolverCase {
  const packages = new Map<string, CaseVersion[]>();
  const dependencies: Record<string, string> = {};
  for (let cell = 0; cell < 81; cell++) {
    const [r, c] = [Math.floor(cell / 9), cell % 9];
    const box = Math.floor(r / 3) * 3 + Math.floor(c / 3);
    const place = (r % 3) * 3 + (c % 3);
    const digit = grid[r]?.[c] ?? 0;
    dependencies[`cell-${r}-${c}`] = digit > 0 ? `${digit}.0.0` : "*";
    const listed = (at: number): CaseVersion => ({
      version: `${at + 1}.0.0`,
      dependencies: {
        [`row-${r}-${at}`]: `${c + 1}.0.0`,
        [`column-${c}-${at}`]: `${r + 1}.0.0`,
        [`box-${box}-${at}`]: `${place + 1}.0.0`,
      },
    });
    packages.set(`cell-${r}-${c}`, list(9, listed));
    for (const kind of ["row", "column", "box"]) {
      packages.set(
        `${kind}-${r}-${c}`,
        list(9, (at) => bare(`${at + 1}.0.0`)),
      );
    }
  }
  return { name, dependencies, packages };
}

/**
 * Generates a chain of packages in which every version must be tried, after the patterns from Cargo's registry in the benchmarks of
 * pubgrub-rs.
 *
 * - `same`: each version requires the same version of the next package. The last requires a package that does not exist.
 * - `apart`: the last requires versions of a package of which the project requires another version.
 * - `rest`: a higher version allows more versions of the next package.
 * @param how `solvable`: the lowest version of the first package has no requirements
 */
export function chain(count: number, versions: number, how: { kind: Chain; solvable: boolean }): SolverCase {
  const { kind, solvable } = how;
  const packages = new Map<string, CaseVersion[]>();
  for (let at = 1; at <= count; at++) {
    const next = at < count ? `p${at + 1}` : kind === "apart" ? "end" : "none";
    const range = (number: number): string => (kind === "rest" ? `>=${versions - number}.0.0` : `${number}.0.0`);
    const listed = list(versions, (from) => ({
      version: `${from + 1}.0.0`,
      dependencies: { [next]: range(from + 1) },
    }));
    packages.set(`p${at}`, at === 1 && solvable ? [bare("0.1.0"), ...listed] : listed);
  }
  packages.set("end", [bare("0.1.0"), ...list(versions, (at) => bare(`${at + 1}.0.0`))]);
  const dependencies = { p1: "*", ...(kind === "apart" && { end: "0.1.0" }) };
  const name = `chain ${count}×${versions}, ${kind}${solvable ? ", solvable" : ""}`;
  return { name, dependencies, packages };
}

export type Chain = "same" | "apart" | "rest";

export interface Stress {
  readonly packages: number;
  readonly versions: number;
  /** The average number of requirements of a version. */
  readonly requirements: number;
  /** The share of a package's versions that a range allows. */
  readonly width: number;
  /** The number of direct dependencies. */
  readonly roots: number;
  readonly seed: number;
  /** Whether there must be a solution: one is drawn first, and the ranges of its versions allow it. */
  readonly solvable: boolean;
}

/** Generates packages with random requirements. */
export function stress(how: Stress): SolverCase {
  const random = seeded(how.seed);
  const below = (end: number): number => Math.floor(random() * end);
  const { packages: count, versions, solvable } = how;
  const hidden = list(count, () => below(versions));
  const span = Math.max(1, Math.round(versions * how.width));
  const range = (to: number, within: boolean): string => {
    const near = hidden[to] as number;
    const low = within ? Math.max(0, near - below(span)) : below(versions);
    return `>=${low + 1}.0.0 <${low + span + 1}.0.0`;
  };
  const requirementsOf = (from: number, within: boolean): Record<string, string> => {
    const listed: Record<string, string> = {};
    const many = Math.floor(how.requirements + random());
    for (let at = 0; at < many && count > 1; at++) {
      const to = (from + 1 + below(count - 1)) % count;
      listed[`p${to}`] = range(to, within);
    }
    return listed;
  };
  const packages = new Map<string, CaseVersion[]>();
  for (let from = 0; from < count; from++) {
    const own = (at: number): CaseVersion => ({
      version: `${at + 1}.0.0`,
      dependencies: requirementsOf(from, solvable && at === hidden[from]),
    });
    packages.set(`p${from}`, list(versions, own));
  }
  const dependencies: Record<string, string> = {};
  for (let at = 0; at < how.roots; at++) dependencies[`p${at}`] = "*";
  return { name: `${count}×${versions}, seed ${how.seed}${solvable ? ", solvable" : ""}`, dependencies, packages };
}

/** The cases of the benchmark. Each is generated when it is needed. */
export const CASES: readonly (() => SolverCase)[] = [
  () => badVersions(3000, { bad: "missing", differ: false }),
  () => badVersions(3000, { bad: "missing", differ: true }),
  () => badVersions(3000, { bad: "conflict", differ: false }),
  () => badVersions(3000, { bad: "conflict", differ: true }),
  () => sudoku("sudoku, 30 givens", sudokuGrid(1, { givens: 30, wrongDigit: false })),
  () => sudoku("sudoku, one wrong digit", sudokuGrid(1, { givens: 30, wrongDigit: true })),
  () => chain(100, 500, { kind: "same", solvable: true }),
  () => chain(100, 500, { kind: "same", solvable: false }),
  () => chain(300, 200, { kind: "apart", solvable: true }),
  () => chain(300, 200, { kind: "apart", solvable: false }),
  () => chain(5, 200, { kind: "rest", solvable: true }),
  () => chain(5, 200, { kind: "rest", solvable: false }),
  () => stress({ packages: 5, versions: 200, requirements: 4, width: 0.05, roots: 5, seed: 2, solvable: true }),
  () => stress({ packages: 5, versions: 200, requirements: 4, width: 0.1, roots: 5, seed: 2, solvable: false }),
];

/** Returns the packuments of a case by name, as a registry sends them. */
export function documentsOf({ packages }: SolverCase): Map<string, Uint8Array> {
  const encoder = new TextEncoder();
  const documents = new Map<string, Uint8Array>();
  for (const [name, listed] of packages) {
    const versions = Object.fromEntries(
      listed.map(({ version, dependencies }) => [
        version,
        { name, version, dependencies, dist: distOf(name, version) },
      ]),
    );
    const tags = { latest: listed.at(-1)?.version };
    documents.set(name, encoder.encode(JSON.stringify({ name, "dist-tags": tags, versions })));
  }
  return documents;
}

const HASH = btoa("-".repeat(64));

function distOf(name: string, version: string): object {
  return { tarball: `http://registry.local/${name}/-/${name}-${version}.tgz`, integrity: `sha512-${HASH}` };
}

function bare(version: string): CaseVersion {
  return { version, dependencies: {} };
}

function list<T>(count: number, make: (at: number) => T): T[] {
  return Array.from({ length: count }, (_, at) => make(at));
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const left = [...items];
  return items.map(() => left.splice(Math.floor(random() * left.length), 1)[0] as T);
}
