// Loaded when a tarball must be opened, which most resolutions never need.
export { webDigest } from "../src/tarball/integrity.ts";
export { openTarball as open } from "../src/tarball/listing.ts";
