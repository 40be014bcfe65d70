import { ProcessGroup } from "./process.ts";

let shared: Promise<{ name: string }> | undefined;

/** Starts a virtual screen for this process, once. Returns the name under which programs find it. */
export function virtualScreen(program: string): Promise<{ name: string }> {
  shared ??= (async () => {
    // Xvfb picks a free number and writes it to the descriptor.
    const args = ["-displayfd", "1", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"];
    const screen = new ProcessGroup(program, args);
    const [, number] = await screen.says(/^(\d+)\n/);
    return { name: `:${number}` };
  })();
  return shared;
}
