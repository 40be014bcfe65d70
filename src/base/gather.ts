/** A dependency of one package on another. `to` is null if no package provides it. */
export interface Dependency<N> {
  readonly from: N;
  readonly to: N | null;
  readonly optional: boolean;
}

/** Reads a package's own dependencies (`out`) and the dependencies of others on it (`into`). A tree and a lock each have a reader. */
export interface DependencyReader<N, D extends Dependency<N>> {
  out(node: N): Iterable<D>;
  into(node: N): Iterable<D>;
  /** Called with the packages that the first half of {@link gatherOver} has reached. */
  reached?(set: ReadonlySet<N>): void;
}

/**
 * Returns the packages that only `seed` needs (npm-tree §14.2).
 *
 * 1. Grow: add everything that can be reached from `seed` over dependencies that pass `keep`.
 * 2. Shrink: drop every member that a package outside the set also needs, over a dependency that passes `keep`. Repeat for
 *    the dependencies of the dropped member, until nothing changes.
 *
 * `fixed` is a member that no dependency on it drops.
 *
 * ```
 * a -> b -> c;  d -> c        gather([a]): grow to {a, b, c}; d also needs c, so the result is {a, b}
 * ```
 */
export function gatherOver<N, D extends Dependency<N>>(
  seed: Iterable<N>,
  keep: (dependency: D) => boolean,
  reader: DependencyReader<N, D>,
  fixed: N | null = null,
): Set<N> {
  const set = new Set(seed);
  for (const node of set) {
    for (const edge of reader.out(node)) if (edge.to && !set.has(edge.to) && keep(edge)) set.add(edge.to);
  }
  reader.reached?.(set);
  const work = [...set];
  for (let node = work.pop(); node; node = work.pop()) {
    if (node === fixed || !set.has(node)) continue;
    for (const edge of reader.into(node)) {
      if (set.has(edge.from) || !keep(edge)) continue;
      set.delete(node);
      for (const { to } of reader.out(node)) if (to && set.has(to)) work.push(to);
      break;
    }
  }
  return set;
}

/**
 * Returns the optional set of a package that cannot be installed (npm-tree §16): the package, every package that requires
 * it, and the packages that only those need. Packages for which `isGone` holds were left out before and count as needing nothing.
 *
 * ```
 * root -> optional a;  a -> b -> x        x fails: b needs x and a needs b, so all three are left out
 * ```
 */
export function optionalSetOver<N, D extends Dependency<N>>(
  node: N,
  isGone: (node: N) => boolean,
  reader: DependencyReader<N, D>,
): Set<N> {
  const core = new Set([node]);
  for (const one of core) for (const edge of reader.into(one)) if (!edge.optional) core.add(edge.from);
  return gatherOver(core, ({ from, to }) => to !== null && !core.has(to) && !isGone(from), reader);
}
