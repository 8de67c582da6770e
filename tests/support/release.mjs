/** Releases for tests: a key, bundles made by gavel-release, and a folder in place of an SD card with two slots. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, existsSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUILD_DIR, ROOT } from './process.mjs';

export const SECRET = join(ROOT, 'tests/vectors/release/secret');
export const GAVELD_KEYED = join(BUILD_DIR, 'gaveld_keyed');
export const GAVELCTL_KEYED = join(BUILD_DIR, 'gavelctl_keyed');
export const RELEASE = join(BUILD_DIR, 'gavel-release');

/** Bytes of a slot of the stand-in. */
const SLOT_BYTES = 1 << 20;

/**
 * @param {string} dir where the parts are written to
 * @param {{version?: string, from?: string, secret?: string, parts?: Record<string, string>}} [options]
 * @returns {Buffer}
 */
export function makeBundle(dir, { version = '9.9.9', from = '0.1.0', secret = SECRET, parts = {} } = {}) {
  const all = {
    root: `root of ${version} `.repeat(20000),
    vmlinuz: `kernel of ${version}`,
    'cmdline-a.txt': 'gavel.slot=a',
    'cmdline-b.txt': 'gavel.slot=b',
    ...parts,
  };
  const words = Object.entries(all).map(([name, text]) => {
    writeFileSync(join(dir, `part-${name}`), text);
    return `${name}=${join(dir, `part-${name}`)}`;
  });
  return execFileSync(RELEASE, ['make', secret, version, from, ...words], { maxBuffer: 1 << 26 });
}

/** What `gavelctl slot` works on, without a board. */
export class CardStandIn {
  /** @param {string} dir made here */
  constructor(dir) {
    this.dir = dir;
    mkdirSync(join(dir, 'card'), { recursive: true });
    mkdirSync(join(dir, 'kept'));
    for (const slot of ['a', 'b']) {
      writeFileSync(join(dir, `root-${slot}`), `root of slot ${slot}`);
      truncateSync(join(dir, `root-${slot}`), SLOT_BYTES);
    }
    writeFileSync(join(dir, 'card/config.txt'), 'arm_64bit=1\nos_prefix=a/\nkernel=vmlinuz\n');
    this.starts('a');
  }

  /** As the kernel of that slot was told. @param {'a'|'b'} slot */
  starts(slot) {
    writeFileSync(join(this.dir, 'cmdline'), `root=PARTUUID=x gavel.slot=${slot}\n`);
  }

  /** @param {string} name @returns {string|null} */
  read(name) {
    const path = join(this.dir, name);
    return existsSync(path) ? readFileSync(path, 'latin1') : null;
  }
}
