/** The output of `webhoist --help`. */
export const HELP_TEXT = `Usage: webhoist COMMAND [flags]

Commands
  lock [DIR]         Resolve the package.json in DIR and write the lockfile that npm would write
  install [DIR]      Resolve, then write node_modules. Verifies every tarball and runs no install script.
                     If anything fails, node_modules stays as it was.
  why NAME [DIR]     Show why a package is in the tree
  import-map [DIR]   Print an import map for the packages of DIR, with one version of each package
  DIR is the current folder by default.

Change dependencies (lock, install)
  --add SPEC…            Add packages. Takes npm's -D, -O, -P, --save-peer, -B, -E, --save-prefix=~, --no-save.
  --rm NAME…             Remove packages
  --update[=NAME,…]      Update all packages, or only those named, to the newest versions that fit
  -w, --workspace=NAME   Change this workspace. Add --include-workspace-root to change the root too.

Resolve: these flags mean the same as in npm
  --legacy-peer-deps  --strict-peer-deps  --force  --prefer-dedupe  --install-links  --engine-strict
  --install-strategy=hoisted|nested|shallow|linked  --omit=dev|optional|peer  --lockfile-version=1|2|3
  --omit-lockfile-registry-resolved  --no-format-package-lock  --global-style  --legacy-bundling
  --allow-git=all|root|none  --allow-remote=…  --allow-file=…  --allow-directory=…
                         Which packages may come from git, URLs, files and folders. root: those that the
                         project requires. Default, as in npm 12: none for git and URLs, all for the others.
  --replace-registry-host=npmjs|always|never|HOST|URL
                         Which tarball URLs of a lockfile mean the registry. npmjs: the default registry's.
  --allow-unused-patches  --ignore-patch-failures
  --before=DATE  --min-release-age=DAYS  --tag=TAG  --os=OS  --cpu=CPU  --libc=glibc|musl
  --node-version=X  --npm-version=X    Resolve for these versions of Node and npm, not the running ones

Resolve with one version of each package
  --strategy=npm|flat    npm: the tree that npm builds. flat: one version of each package, or an explanation
                         of why that is impossible. Default: flat for import-map, npm for the other commands.
  --relax=none|peers|copies
                         If no flat tree exists: none fails, peers turns unmet peer dependencies into warnings,
                         copies also allows several versions of a package. Default: none.
  --resolution-mode=highest|lowest|lowest-direct
                         Which versions to prefer. Default: highest, npm's choice.
                         lowest-direct: the lowest versions of the project's own dependencies only.
  --prereleases=as-written|never|if-necessary|allow
                         as-written: only where a range names a prerelease, as npm does (default)
  --singleton=NAME       Never allow two versions of this package, even with --relax=copies

Build an import map (import-map)
  --provider=NAME        esm.sh (default), jsdelivr, unpkg or jspm; a URL template such as
                         https://cdn.example/{name}@{version}{path}; or installed, for the packages' own files
  --base=URL             Base URL of the modules, instead of the CDN's. For installed: the URL of DIR, default /.
  --conditions=NAME,…    Conditions for "exports". For installed only. Default: browser,module.
  --out=FILE             Write the map to FILE instead of stdout

Registry
  --registry=URL         Default: the registry in the project's .npmrc, then the default registry of this build
  --token-env=NAME       Send the token in the environment variable NAME to --registry, and to no other registry
  --project-config=KEY,… Use only these keys of the project's .npmrc. @*:registry: every scope's, in spite of --registry.
  --npmrc-env=NAME,…     Let the project's .npmrc use these environment variables as \${NAME}
  --strict-npmrc         Refuse a .npmrc with keys that npm does not know (npm 12)
  --no-project-config    Ignore the project's .npmrc
  --metadata=full        Fetch full metadata, so that the lockfile lists each license, as npm's does
  --complete             Without full metadata, fetch only what the lockfile would lack

Output
  --stdout               Print the lockfile and write nothing (lock)
  --dry-run              Write nothing (lock)
  --json                 Print the result as JSON
  -h, --help             Print this help
  -v, --version          Print the version

Exit status: 0 on success, 1 on failure ("webhoist error code …" on stderr), 130 if interrupted.
`;
