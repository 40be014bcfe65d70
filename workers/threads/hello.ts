declare const __WEBHOIST_VERSION__: string | undefined;

/**
 * What a worker says once it runs. A build shortens names in the page's part and the worker's alike, so that only parts of one
 * version understand each other.
 */
export const HELLO: string = `webhoist ${typeof __WEBHOIST_VERSION__ === "string" ? __WEBHOIST_VERSION__ : "sources"}`;
