// Makes docs/playground.png, the picture of the page in the README: `npm run picture`. Run it after the page changed.
//
// Builds the page, opens it in Chromium at 1280 by 800 pixels in the light theme, resolves the first example from the offline
// snapshot (no network needed) and selects a package that the tree has in two versions.
import { ensureInstalled, exit, ROOT } from "./setup.mjs";

ensureInstalled();
const [{ chromium }, { build }, { CHROMIUM_SWITCHES, findChromium, NO_CHROMIUM }, { serveFolder }, fs, path, zlib] =
  await Promise.all([
    import("playwright"),
    import("vite"),
    import("./chromium.mjs"),
    import("./serve.mjs"),
    import("node:fs"),
    import("node:path"),
    import("node:zlib"),
  ]);

const PICTURE = path.join(ROOT, "docs/playground.png");
const MOST_BYTES = 200_000;

/** @typedef {{ width: number, height: number, rgb: readonly number[] }} Pixels `rgb` has one number per pixel: 0xrrggbb. */

/**
 * Decodes a PNG in the browser.
 * @param {import("playwright").Page} page
 * @param {string} base64
 * @returns {Promise<Pixels>}
 */
function readPixels(page, base64) {
  return page.evaluate(async (data) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const { naturalWidth: width, naturalHeight: height } = image;
    const context = new OffscreenCanvas(width, height).getContext("2d");
    if (!context) throw new Error("The browser has no 2D canvas.");
    context.drawImage(image, 0, 0);
    const bytes = context.getImageData(0, 0, width, height).data;
    const rgb = [];
    for (let at = 0; at < bytes.length; at += 4) {
      rgb.push(((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0));
    }
    return { width, height, rgb };
  }, base64);
}

/** @param {number} a @param {number} b */
function distance(a, b) {
  const [red, green, blue] = [16, 8, 0].map((shift) => ((a >> shift) & 255) - ((b >> shift) & 255));
  return Number(red) ** 2 + Number(green) ** 2 + Number(blue) ** 2;
}

/** Chooses up to 256 colours: the most frequent ones, but none close to a colour chosen before. @param {readonly number[]} rgb */
function choosePalette(rgb) {
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (const colour of rgb) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const frequent = [...counts].sort((a, b) => b[1] - a[1]).map(([colour]) => colour);
  const palette = frequent.slice(0, 32);
  for (const colour of frequent) {
    if (palette.length < 256 && palette.every((other) => distance(colour, other) > 150)) palette.push(colour);
  }
  return palette;
}

/**
 * Encodes a picture as a PNG with a palette, which takes a third of the bytes of one without.
 * @param {Pixels} pixels
 */
function palettePng({ width, height, rgb }) {
  const palette = choosePalette(rgb);
  /** @type {Map<number, number>} */
  const indexes = new Map();
  for (const colour of new Set(rgb)) {
    const distances = palette.map((other) => distance(colour, other));
    indexes.set(colour, distances.indexOf(Math.min(...distances)));
  }
  // Each line starts with its filter: 0, none.
  const lines = Buffer.alloc((width + 1) * height);
  rgb.forEach((colour, i) => {
    lines[Math.floor(i / width) * (width + 1) + 1 + (i % width)] = indexes.get(colour) ?? 0;
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // 8 bits per pixel, palette colours.
  header.set([8, 3], 8);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("PLTE", Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]))),
    chunk("IDAT", zlib.deflateSync(lines, { level: 9, memLevel: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** @param {string} type @param {Buffer} data */
function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(zlib.crc32(body));
  return Buffer.concat([length, body, check]);
}

const executablePath = findChromium() ?? exit(NO_CHROMIUM);
const folder = path.join(ROOT, ".build/picture");
await build({
  configFile: path.join(ROOT, "vite.config.ts"),
  logLevel: "warn",
  // The details in the picture show a tarball's URL: it must not depend on the registry of this machine.
  define: { __WEBHOIST_REGISTRY__: JSON.stringify("https://registry.example/") },
  build: { outDir: folder },
});
const site = serveFolder(folder);
const browser = await chromium.launch({ executablePath, args: CHROMIUM_SWITCHES });
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: "light" });
  await page.goto(await site.listen(0, () => false));
  await page.selectOption("#source", "snapshot");
  await page.getByRole("button", { name: "Resolve", exact: true }).click();
  await page.getByRole("button", { name: "Expand all" }).click();
  const tree = page.getByRole("tree");
  await tree.focus();
  // Typed letters jump to the package; the nested copy is the row below it.
  for (const key of [..."d3-sankey", "ArrowDown", "Enter"]) await page.keyboard.press(key);
  await tree.evaluate((element) => {
    const row = element.querySelector("[aria-selected=true]");
    if (row) element.scrollTop += row.getBoundingClientRect().top - element.getBoundingClientRect().top - 252;
  });
  await page.getByRole("complementary").waitFor();
  // Without the outline of the focused tree.
  await tree.evaluate((element) => element.blur());
  await page.mouse.move(0, 0);
  const screenshot = await page.screenshot({ animations: "disabled" });
  const pixels = await readPixels(page, screenshot.toString("base64"));
  fs.writeFileSync(PICTURE, palettePng(pixels));
} finally {
  await browser.close();
  await site.close();
}
const { size } = fs.statSync(PICTURE);
console.log(`docs/playground.png: ${Math.round(size / 1000)} kB`);
if (size > MOST_BYTES) exit(`The picture is too large: ${size} bytes, at most ${MOST_BYTES} are allowed.`);
