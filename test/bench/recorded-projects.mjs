/** Reads the arguments of a benchmark of recorded projects: `[PROJECT…] [--runs N]`, and WEBHOIST_REGISTRY. Exits without it. */
export function recordedProjects() {
  const registry = process.env.WEBHOIST_REGISTRY;
  if (!registry) {
    console.error("Set WEBHOIST_REGISTRY to the folder of a recorded registry.");
    process.exit(2);
  }
  const args = process.argv.slice(2);
  const runs = args.includes("--runs") ? Number(args[args.indexOf("--runs") + 1]) : 15;
  const named = args.filter((arg, i) => !arg.startsWith("--") && args[i - 1] !== "--runs");
  return { registry, args, runs, named };
}
