import { loadNpmrc } from "../../../src/registry/npmrc.ts";
import { registryConfig } from "../../../src/registry/registry-config.ts";
import { BrokenLaw, faultOf } from "../laws.ts";
import type { Random } from "../random.ts";
import { randomWorlds } from "../seeds.ts";
import type { Target } from "../target.ts";
import { mutateText } from "../text-mutation.ts";
import type { Value } from "../value.ts";
import { resolveWorld, type World } from "../world.ts";

// biome-ignore format: a table
const WORDS = [
  "registry=http://registry.local/\n", "@s:registry=http://registry.local/s/\n", "@s:registry=x\n", "//registry.local/:_authToken=abc\n", "_auth=abc\n", "legacy-peer-deps=true\n", "strict-peer-deps\n",
  "before=2020-01-01\n", "min-release-age=1\n", "min-release-age-exclude[]=a*\n", "omit[]=dev\n", "omit=dev\n", "include=dev\n", "tag=next\n", "save-exact=true\n", "save-prefix=~\n", "lockfile-version=2\n",
  "package-lock=false\n", "install-strategy=nested\n", "install-links=true\n", "engine-strict=true\n", "force=true\n", "prefer-dedupe=true\n", "os=linux\n", "cpu[]=x64\n", "libc=glibc\n", "workspaces=true\n",
  "workspace=packages/a\n", "global-style\n", "legacy-bundling=true\n", "production=true\n", "only=prod\n", "[section]\n", "[a.b]\n", "; comment\n", "# comment\n", "${HOME}", "${}", "${a?}", "${__proto__}", "\\${a}",
  "__proto__=1\n", "__proto__[]=1\n", "constructor[]=1\n", "[__proto__]\n", "null\n", "'\"a\"'", "a[]", "a[b]=c\n", "=\n", "=x\n", "toString=1\n", "proxy=http://registry.local/\n", "\r\n", "\r",
];

const TEXTS = [
  "registry=http://registry.local/\n@s:registry=http://registry.local/s/\nsave-exact=true\n",
  "; a comment\nlegacy-peer-deps=true\nomit[]=dev\nomit[]=peer\nmin-release-age=2\nmin-release-age-exclude[]=a*\n",
  "before = 2021-01-01\n//registry.local/:_authToken=${TOKEN}\nsave-prefix='~'\n",
];

/** Reads a changed .npmrc, and makes the configuration of the registries from it. One in twenty is used by a resolution. */
export const npmrc: Target = {
  name: "npmrc",
  perTest: 400,
  make(random: Random): Value {
    const text = mutateText(random.pick(TEXTS), random, WORDS);
    return random.once(20) ? ({ ...random.pick(randomWorlds), text } as unknown as Value) : { text };
  },
  async run(input) {
    const { text, ...world } = input as unknown as World & { text: string };
    const read = await loadNpmrc(text, {});
    for (const warning of read.warnings) {
      const fault = faultOf(warning);
      if (fault) throw new BrokenLaw(`a warning: ${fault}`);
    }
    registryConfig({}, read);
    if (world.files) await resolveWorld({ ...world, files: { ...world.files, ".npmrc": text } });
  },
};
