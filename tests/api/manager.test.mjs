/**
 * What the service manager is told: a box that starts itself again never says that it stops, because systemd would kill
 * it for not having ended.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { GAVELD, Gaveld } from '../support/gaveld.mjs';
import { BUILD_DIR, Child, makeTempDir, removeTempDir } from '../support/process.mjs';
import { until } from '../support/wait.mjs';

/** @type {Gaveld} */
let box;
/** @type {Child} */
let manager;
/** @type {string} */
let folder;

/** Every message so far, but for the beats in between. */
const heard = () => manager.output.split('\n').filter((line) => line !== '' && line !== 'WATCHDOG=1');
const READY = 'READY=1 STATUS= WATCHDOG_USEC=30000000';
const AGAIN = 'STATUS=starting again WATCHDOG_USEC=120000000';

before(async () => {
  folder = makeTempDir('manager');
  const socket = join(folder, 'notify');
  manager = new Child(join(BUILD_DIR, 'notify_ear'), [socket]);
  await until('the manager to listen', () => existsSync(socket));
  box = await Gaveld.start({
    settings: { 'node.url': 'http://127.0.0.1:9' },
    env: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '30000000' },
  });
});
after(async () => {
  await box?.close();
  await manager?.stop();
  removeTempDir(folder);
});

test('a start that succeeded is told, and that it lives', async () => {
  await until('a beat', () => manager.output.includes('WATCHDOG=1'));
  assert.deepEqual(heard(), [READY]);
});

test('a restart of itself is no stop: it has the time of a start, and is ready again in the same process', async () => {
  const key = (await box.ctl('apikey', 'create', '--name', 'ops', '--scope', 'admin')).trim();
  const answer = await box.api.post('/api/v1/system/restart', '', { 'X-API-Key': key });
  assert.equal(answer.status, 202);
  await until('the box to be ready again', () => heard().filter((line) => line === READY).length === 2);
  assert.deepEqual(heard(), [READY, AGAIN, AGAIN, READY]);
  assert.equal(box.child.exit, null);
});

test('a start that fails is not told as one that succeeded, and asks for a person by the light', async () => {
  const before = heard().length;
  const second = new Child(GAVELD, ['--data', box.dir], { env: { NOTIFY_SOCKET: join(folder, 'notify') } });
  assert.deepEqual(await second.ended, { code: 69, signal: null });
  assert.match(second.output, /cannot start/);
  assert.match(second.output, /indicator shows=broken/);
  assert.equal(heard().length, before);
});

test('a stop is told as one', async () => {
  await box.child.stop();
  await until('the word', () => heard().length > 4);
  assert.deepEqual(heard().slice(4), ['STOPPING=1']);
});
