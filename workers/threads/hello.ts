declare const __WEBHOIST_VERSION__: string | undefined;

/**
 * The first message of a worker. It carries the version, because the build shortens names in the page's part and in the worker's,
 * so that only parts of the same build understand each other.
 */
export const HELLO: string = `webhoist ${typeof __WEBHOIST_VERSION__ === "string" ? __WEBHOIST_VERSION__ : "sources"}`;
