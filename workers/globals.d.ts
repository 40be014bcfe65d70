/** Base URL of the default registry, with a trailing slash. Put in by the build: see `vite.config.ts`. */
declare const __WEBHOIST_REGISTRY__: string;
