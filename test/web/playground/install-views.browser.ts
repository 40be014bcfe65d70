import { expect, test } from "vitest";
import type { FileStat, InstallProgress, Operation } from "../../../src/api/install.ts";
import { failure, InstallError } from "../../../src/errors/failure.ts";
import { FileTree } from "../../../web/playground/files/file-tree.ts";
import { FileViewer } from "../../../web/playground/files/file-viewer.ts";
import { InstallView } from "../../../web/playground/install/install-view.ts";

const FILES = 38_000;
const PACKS = 1317;

const frame = (): Promise<unknown> => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
const file: FileStat = { kind: "file", size: 7, mode: 0o644 };
const folder: FileStat = { kind: "directory", size: 0, mode: 0o755 };

function put(element: HTMLElement): void {
  element.style.cssText = "height: 600px; overflow: auto; position: relative";
  document.body.replaceChildren(element);
}

test("only the visible rows of 38,000 files are drawn and looked up", async () => {
  const names = Array.from({ length: FILES }, (_, i) => `f${String(i).padStart(5, "0")}.js`);
  let asked = 0;
  const lstat = (): FileStat => {
    asked++;
    return file;
  };
  const project = { readdir: () => [], lstat };
  const tree = new FileTree({ project, versionAt: () => undefined, open: () => {} });
  put(tree.element);
  tree.show(names);
  asked = 0;
  for (const top of [0, 500_000, FILES * 28]) {
    tree.element.scrollTop = top;
    await frame();
    const drawn = [...tree.element.querySelectorAll("[role=treeitem]")].map((row) =>
      Number(row.getAttribute("data-index")),
    );
    expect(drawn.length).toBeLessThan(60);
    const first = Math.floor(tree.element.scrollTop / 28);
    for (let index = first; index < Math.min(first + 20, FILES); index++) expect(drawn).toContain(index);
  }
  expect(asked).toBeLessThan(500);
  tree.dispose();
});

test("the timeline draws all operations on one canvas, with no element for each", async () => {
  const operations: Operation[] = [];
  for (let i = 0; i < PACKS; i++) {
    const start = (i >> 6) * 100;
    const more = { key: `${i}`, package: `p${i}@1.0.0`, bytes: 1000 };
    operations.push({ kind: "download", state: "done", start, end: start + 90, ...more });
    operations.push({
      kind: "extract",
      state: i % 50 ? "done" : "failed",
      start: start + 90,
      end: start + 95,
      ...more,
    });
  }
  const view = new InstallView();
  put(view.element);
  const progress: InstallProgress = {
    ...{ phase: "install", packs: PACKS, packsDone: PACKS, packsStored: 0, bytes: PACKS * 1000 },
    operations,
  };
  view.update(progress);
  view.end();
  await frame();
  const box = view.element.querySelector(".timeline-box")!;
  expect(box.querySelectorAll("*").length).toBeLessThan(30);
  const canvas = box.querySelector("canvas")!;
  const label = canvas.getAttribute("aria-label");
  expect(label).toBe("Operations over time. Downloads: 1,317, Verified and indexed: 1,290 of 1,317");
  const { left, top } = canvas.getBoundingClientRect();
  canvas.dispatchEvent(new PointerEvent("pointermove", { clientX: left + 5, clientY: top + 5 }));
  expect(box.querySelector(".timeline-about")?.textContent).toBe("p0@1.0.0: download, 1 kB, 90 ms, at 0 ms");
  expect(view.element.querySelectorAll(".slowest tbody tr").length).toBe(8);
  view.dispose();
});

test("the clock of an install runs on without progress events", async () => {
  const view = new InstallView();
  document.body.replaceChildren(view.summary, view.element);
  const operation = {
    kind: "download",
    key: "k",
    package: "a@1.0.0",
    state: "running",
    bytes: 0,
    start: 0,
    end: null,
  } as const;
  view.update({ phase: "install", packs: 1, packsDone: 0, packsStored: 0, bytes: 0, operations: [operation] });
  const clock = (): string => view.summary.textContent ?? "";
  await expect.poll(clock).toContain("0 of 1 tarball");
  const before = clock();
  await expect.poll(clock).not.toBe(before);
  view.dispose();
});

function viewerOf(readFile: (path: string) => Promise<Uint8Array>): FileViewer {
  const stat = (path: string): FileStat => (path === "folder" ? folder : file);
  const lstat = (path: string): FileStat => (path === "folder" ? { ...file, kind: "link", target: "x" } : file);
  const project = { readFile, stat, lstat, realpath: (path: string) => path };
  const viewer = new FileViewer({ project, go: () => {}, owner: () => undefined, close: () => {} });
  put(viewer.element);
  return viewer;
}

test("content that arrives late does not replace the file opened after it", async () => {
  const text = (content: string): Uint8Array => new TextEncoder().encode(content);
  let arrive = (_: Uint8Array): void => {};
  const late = new Promise<Uint8Array>((resolve) => {
    arrive = resolve;
  });
  const viewer = viewerOf((path) => (path === "slow" ? late : Promise.resolve(text("the quick one"))));
  const slow = viewer.open("slow");
  await viewer.open("quick");
  arrive(text("the slow one"));
  await slow;
  expect(viewer.element.querySelector(".cm-content")?.textContent).toBe("the quick one");
  expect(viewer.element.getAttribute("aria-busy")).toBe(null);
  viewer.dispose();
});

test("the viewer says why a file cannot be read, and that a link leads to a folder", async () => {
  const viewer = viewerOf(() => Promise.reject(new InstallError(failure("ESTORE", "The pack is gone"))));
  await viewer.open("a.js");
  expect(viewer.element.querySelector("[role=alert]")?.textContent).toBe(
    "Cannot read this file. ESTORE: The pack is gone",
  );
  await viewer.open("folder");
  expect(viewer.element.querySelector(".nothing")?.textContent).toBe("This is a link to a folder.");
  viewer.dispose();
});
