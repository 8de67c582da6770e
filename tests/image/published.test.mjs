/** What is published: the checksum, the way to a card through bmaptool, the entry for Raspberry Pi Imager, the update of it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, test } from 'node:test';
import { IMAGE_FOLDER, imageFile } from '../support/image.mjs';
import { ROOT, makeTempDir, removeTempDir } from '../support/process.mjs';
import { GAVELCTL_KEYED, SECRET } from '../support/release.mjs';

const image = imageFile();
const packed = imageFile('.img.xz');
const dir = makeTempDir('published');
after(() => removeTempDir(dir));

const run = (/** @type {string} */ program, /** @type {string[]} */ ...args) => execFileSync(program, args, { encoding: 'utf8', cwd: IMAGE_FOLDER });
const digest = (/** @type {string} */ file) => run('sha256sum', file).slice(0, 64);

test('the checksum is that of the file, by its bare name', () => {
  assert.equal(run('sha256sum', '-c', imageFile('.sha256')).trim(), `${basename(packed)}: OK`);
});

test('bmaptool writes the compressed image to a card, checks every block, and the card is the image', () => {
  const card = join(dir, 'card');
  run('bmaptool', '-q', 'copy', '--bmap', imageFile('.bmap'), packed, card);
  assert.equal(digest(card), digest(image));
});

test('the entry for Raspberry Pi Imager is true', () => {
  const { os_list: list } = JSON.parse(readFileSync(imageFile('imager.json'), 'utf8'));
  assert.equal(list.length, 1);
  const [entry] = list;
  assert.equal(entry.url, basename(packed));
  assert.equal(entry.image_download_size, statSync(packed).size);
  assert.equal(entry.extract_size, statSync(image).size);
  assert.equal(entry.extract_sha256, digest(image));
  assert.match(entry.release_date, /^20\d\d-\d\d-\d\d$/);
  assert.deepEqual([entry.init_format, entry.architecture], ['none', 'armv8']);
  assert.ok(entry.devices.every((/** @type {string} */ device) => /^pi[345]-64bit$/.test(device)));
  for (const key of ['name', 'description', 'icon', 'website']) assert.equal(typeof entry[key], 'string', key);
});

test('a download of at most 700 MB, and the partitions where the boards and the updater look for them', () => {
  assert.ok(statSync(packed).size <= 700e6);
  const { partitiontable: table } = JSON.parse(run('sfdisk', '--json', image));
  assert.deepEqual([table.label, table.id], ['dos', '0x6a7e1001']);
  assert.deepEqual(
    table.partitions.map(({ type }) => type),
    ['c', '83', '83', '83'],
  );
});

test('toolchain/bundle makes an update of all its parts, which a box with that key takes', () => {
  const bundle = run(join(ROOT, 'toolchain/bundle'), SECRET, '0.1.0').trim();
  const parts = ['root', 'cmdline-a.txt', 'cmdline-b.txt', ...readdirSync(join(IMAGE_FOLDER, 'boot/a')).filter((name) => name !== 'cmdline.txt')];
  const said = run(GAVELCTL_KEYED, 'verify', join(ROOT, bundle));
  assert.match(said, new RegExp(`^release [0-9.]+, for boxes from 0\\.1\\.0 on: good, ${parts.length} parts`));
});
