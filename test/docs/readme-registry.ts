import { packument, type TestPackage, tarballPath, testPackage } from "../install/packages.ts";

const peer = (version: string): Record<string, unknown> => ({ peerDependencies: { react: `^${version}` } });

/** The packages that the README's examples name. */
export const README_PACKAGES: readonly TestPackage[] = [
  testPackage("react@18.3.1"),
  testPackage("react@19.3.1"),
  testPackage("react-dom@18.3.1", { dependencies: { scheduler: "^0.23.2" }, ...peer("18.3.1") }),
  testPackage("react-dom@19.3.1", { dependencies: { scheduler: "^0.28.0" }, ...peer("19.3.1") }),
  testPackage("scheduler@0.23.2"),
  testPackage("scheduler@0.28.0"),
  testPackage("@acme/ui@1.2.0"),
];

/** Returns the body for a path below a registry, or `undefined` if the registry has nothing there. */
export function registryBody(path: string, registry: string): Uint8Array<ArrayBuffer> | string | undefined {
  const tarball = README_PACKAGES.find((one) => tarballPath(one) === path);
  if (tarball) return tarball.bytes;
  const versions = README_PACKAGES.filter(({ name }) => name === decodeURIComponent(path));
  return versions.length > 0 ? JSON.stringify(packument(versions, registry)) : undefined;
}
