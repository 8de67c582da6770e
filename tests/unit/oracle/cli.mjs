/**
 * gavelctl oracle: every member of the recorded results comes back, from plain, packed and broken files.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

const GAVELCTL = join(process.env.GAVEL_BUILD_DIR ?? 'build/host', 'gavelctl');
/** What the reference does not publish, and gavel does not compute. */
const NOT_OURS = new Set(['if_recentred_until_a_price_repeats', 'hex']);

/** @param {string[]} args */
const gavelctl = (...args) => spawnSync(GAVELCTL, ['oracle', ...args], { encoding: 'utf8', maxBuffer: 1 << 24 });

/** @param {string} path */
const json = (path) => JSON.parse(readFileSync(path, 'utf8'));

test('eval gives every member of the reference', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gavel-oracle-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const csv = execFileSync('xz', ['-dc', 'tests/vectors/oracle/w3h-64000.csv.xz'], { maxBuffer: 1 << 26 });
  writeFileSync(join(folder, 'plain.csv'), csv);
  writeFileSync(join(folder, 'packed.csv.gz'), gzipSync(csv));
  writeFileSync(join(folder, 'cut.csv.gz'), gzipSync(csv).subarray(0, 5000));
  const { reference } = json('tests/vectors/oracle/w3h-64000.json');
  for (const name of ['plain.csv', 'packed.csv.gz']) {
    const { status, stdout } = gavelctl('eval', join(folder, name), '--json');
    assert.equal(status, 0);
    const result = JSON.parse(stdout);
    for (const [key, value] of Object.entries(reference)) {
      if (!NOT_OURS.has(key)) {
        assert.deepEqual(result[key], value, key);
      }
    }
    assert.deepEqual(Object.keys(result.hex), Object.keys(reference.hex));
    const { confidence, confidence_count: byCount, wide, spot, interval } = result;
    assert.ok(confidence > 0.9 && confidence < 1 && byCount === 1, `${confidence} ${byCount}`);
    for (const price of [wide, spot]) assert.ok(Math.abs(price / reference.central_price - 1) < 0.03, `${price}`);
    assert.ok(interval.low < spot && spot < interval.high && interval.coverage === 0.9);
  }
  const cut = gavelctl('eval', join(folder, 'cut.csv.gz'));
  assert.notEqual(cut.status, 0);
  assert.equal(cut.stdout, '');
});

test('block gives every count and digest', () => {
  for (const height of [300025, 413567, 482683, 866342]) {
    const { status, stdout } = gavelctl('block', `tests/vectors/blocks/block${height}.bin`);
    assert.equal(status, 0);
    const expected = json(`tests/vectors/blocks/block${height}.json`);
    for (const [key, value] of Object.entries(JSON.parse(stdout))) {
      assert.equal(value, expected[key], key);
    }
  }
});

test('what cannot be read has its exit status', () => {
  assert.equal(gavelctl('eval').status, 64);
  assert.equal(gavelctl('block', 'one', 'two').status, 64);
  assert.equal(gavelctl('eval', 'no-such-file.csv.gz').status, 66);
  assert.equal(gavelctl('eval', 'README.md').status, 65);
  assert.equal(gavelctl('block', 'README.md').status, 65);
});
