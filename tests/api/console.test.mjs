/** gavelctl about the box: doctor, auction, cert, bundle; in words and as JSON, with their exit statuses. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect } from 'node:tls';
import { GAVELCTL } from '../support/gaveld.mjs';
import { makeTempDir, removeTempDir } from '../support/process.mjs';
import { makeBody } from '../support/signer.mjs';
import { until } from '../support/wait.mjs';
import { World } from '../support/world.mjs';

const EXIT = { OK: 0, USAGE: 64, REFUSED: 65, NO_DAEMON: 69, CANNOT_CREATE: 73, FAILURE: 75 };
const CHECKS =
  'bitcoind ibd zmq indexer db disk clock memory room power certificate backup restore settings'.split(' ');

/** Series that dashboards are built on: never renamed. */
const METRICS = `build_info http_requests_total http_request_duration_seconds ws_clients ws_dropped_total auctions
  psbt_checks_total zmq_messages_total zmq_gaps_total node_tip_height node_tip_age_seconds node_sync_ratio
  rpc_duration_seconds price_confidence_ratio price_window_transactions db_wal_bytes disk_written_bytes_total
  clock_synced backup_last_success_timestamp_seconds backup_last_verified_timestamp_seconds`
  .split(/\s+/)
  .map((name) => `gavel_${name}`);

/** @type {World} */
let world;
let listing;
let plan;
let scratch;

before(async () => {
  scratch = makeTempDir('console');
  world = await World.start();
  plan = await world.plan();
  listing = await world.list(plan);
});
after(async () => {
  await world?.close();
  removeTempDir(scratch);
});

/** @param {string} dir @param {string[]} args @returns {Promise<{code: number, stdout: string, stderr: string}>} */
function ctlOf(dir, ...args) {
  return new Promise((resolve) => {
    execFile(GAVELCTL, ['--data', dir, ...args], { maxBuffer: 1 << 24 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}
const ctl = (...args) => ctlOf(world.gaveld.dir, ...args);
const json = async (...args) => JSON.parse((await ctl('--json', ...args)).stdout);

/** The certificate that a browser would get now. @returns {Promise<X509Certificate>} */
function served() {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: world.gaveld.httpsPort, ca: world.gaveld.ca }, () => {
      resolve(new X509Certificate(socket.getPeerCertificate().raw));
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

test('doctor names every part, and advises where one is not well', async () => {
  const { checks, worst } = await json('doctor');
  assert.deepEqual(
    checks.map(({ name }) => name),
    CHECKS,
  );
  for (const { name, verdict, found, advice } of checks) {
    assert.ok(['pass', 'warn', 'fail'].includes(verdict), name);
    assert.ok(found.length > 0, name);
    assert.equal(advice === null, verdict === 'pass', name);
  }
  assert.equal(worst, 'warn', 'no backup was made yet');
  const words = await ctl('doctor');
  assert.equal(words.code, EXIT.OK);
  assert.match(words.stdout, /^ok {4}bitcoind +answers/m);
  assert.match(words.stdout, /^WARN {2}backup +never made\n +gavelctl backup create/m);
});

test('doctor and /ready agree', async () => {
  const ready = (await world.api.get('/ready')).json.checks;
  const { checks } = await json('doctor');
  for (const name of ['bitcoind', 'ibd', 'indexer', 'db', 'disk'])
    assert.equal(checks.find((check) => check.name === name).verdict, ready[name], name);
});

test('auctions are listed and shown as everybody may see them', async () => {
  const { items, next } = await json('auction', 'list');
  const [row] = items;
  assert.equal(items.length, 1);
  assert.equal(next, null);
  const shown = (await world.api.get(`/api/v1/dutch/${row.id}`)).json;
  assert.deepEqual((await json('auction', 'show', String(row.id))).auction, row);
  for (const [key, value] of Object.entries(row)) assert.deepEqual(value, shown[key], key);
  assert.ok(listing);
  const words = await ctl('auction', 'list');
  assert.match(words.stdout, new RegExp(`^ +${row.id} +${row.asset} .*sats$`, 'm'));
  assert.match((await ctl('auction', 'show', String(row.id))).stdout, /^status +\w+$/m);
  assert.equal((await ctl('auction', 'show', '999')).code, EXIT.REFUSED);
  assert.equal((await ctl('auction', 'show', 'x')).code, EXIT.USAGE);
});

test('cert shows what browsers see, exports the CA and makes a new leaf while running', async () => {
  const cert = await json('cert', 'show');
  const first = await served();
  assert.equal(cert.sha256, first.fingerprint256);
  assert.equal(cert.ca_sha256, new X509Certificate(world.gaveld.ca).fingerprint256);
  assert.ok(cert.names.includes('gavel.local'));
  assert.equal((await ctl('cert', 'export')).stdout, world.gaveld.ca);
  assert.match((await ctl('cert', 'show')).stdout, new RegExp(`^ca_sha256 +${cert.ca_sha256}$`, 'm'));
  assert.equal((await ctl('cert', 'renew')).code, EXIT.OK);
  const second = await until('a new certificate', async () => {
    const now = await served();
    return now.fingerprint256 !== first.fingerprint256 && now;
  });
  await until('it to be told', async () => (await json('cert', 'show')).sha256 === second.fingerprint256);
  assert.equal((await json('cert', 'show')).ca_sha256, cert.ca_sha256, 'people need not install it again');
});

test('the metrics carry their agreed names, and numbers that move', async () => {
  const { text } = await world.api.get('/metrics');
  const one = (line) => Number(new RegExp(`^${line} (\\S+)$`, 'm').exec(text)?.[1] ?? NaN);
  for (const name of METRICS) assert.match(text, new RegExp(`^${name}[ {_]`, 'm'), name);
  assert.equal(one('gavel_psbt_checks_total\\{result="listable"\\}'), makeBody(plan).psbts.length);
  assert.ok(one('gavel_rpc_duration_seconds_count\\{method="getblockchaininfo"\\}') > 0);
  const topics = ['rawtx', 'rawblock', 'hashblock', 'sequence'];
  const messages = topics.map((topic) => one(`gavel_zmq_messages_total\\{topic="${topic}"\\}`));
  assert.ok(messages.some((n) => n > 0));
});

test('Apple devices get the same CA as a profile, over plain http too', async () => {
  const { status, text, headers } = await world.api.get('/ca.mobileconfig');
  assert.equal(status, 200);
  assert.equal(headers['content-type'], 'application/x-apple-aspen-config');
  const [, data] = /<data>([^<]+)<\/data>/.exec(text);
  const told = new X509Certificate(Buffer.from(data, 'base64'));
  assert.equal(told.fingerprint256, new X509Certificate(world.gaveld.ca).fingerprint256);
  const uuids = text.match(/[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g);
  assert.equal(new Set(uuids).size, 2, 'one name for the profile, one for the certificate');
  assert.equal((await world.api.get('/ca.mobileconfig')).text, text, 'installing it again replaces it');
});

test('a bundle is one private file of JSON without secrets, and is never written over another', async () => {
  const path = join(scratch, 'bundle.json');
  assert.equal((await ctl('bundle', path)).code, EXIT.OK);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const text = readFileSync(path, 'utf8');
  const bundle = JSON.parse(text);
  assert.equal(bundle.status.ok, true);
  assert.equal(bundle.doctor.checks.length, CHECKS.length);
  const numbers = bundle.log.flatMap(({ lines }) => lines.map(({ number }) => number));
  assert.ok(numbers.length > 5);
  assert.deepEqual(
    numbers,
    numbers.map((_, i) => numbers[0] + i),
    'every line once',
  );
  const secrets = [
    world.key.split('_').slice(2).join('_'),
    ...['seal.key', 'box.key'].flatMap((name) => {
      const key = readFileSync(join(world.gaveld.dir, name));
      return [key.toString('hex'), key.toString('base64'), key.toString('latin1')];
    }),
    ...makeBody(plan).psbts.map(({ psbt_data: psbt }) => psbt),
  ];
  for (const secret of secrets) assert.ok(!text.includes(secret), secret.slice(0, 8));
  writeFileSync(path, 'mine');
  assert.equal((await ctl('bundle', path)).code, EXIT.CANNOT_CREATE);
  assert.equal(readFileSync(path, 'utf8'), 'mine');
  assert.equal(JSON.parse((await ctl('bundle', '-')).stdout).gavel_bundle, 1);
});

test('wrong words end with 64, and no daemon with 69', async () => {
  for (const args of [['doctor', 'x'], ['auction'], ['auction', 'sell'], ['cert'], ['cert', 'eat'], ['bundle', 'a', 'b']])
    assert.equal((await ctl(...args)).code, EXIT.USAGE, args.join(' '));
  const path = join(scratch, 'none.json');
  for (const args of [['doctor'], ['auction', 'list'], ['cert', 'show'], ['bundle', path]]) {
    const { code, stderr } = await ctlOf(scratch, ...args);
    assert.equal(code, EXIT.NO_DAEMON, args.join(' '));
    assert.ok(stderr.length > 0);
  }
  assert.ok(!existsSync(path), 'no half bundle is left');
  const { code, stdout } = await ctlOf(scratch, '--json', 'doctor');
  assert.equal(code, EXIT.NO_DAEMON);
  const { checks, worst } = JSON.parse(stdout);
  assert.deepEqual([checks.length, checks[0].name, checks[0].verdict, worst], [1, 'gaveld', 'fail', 'fail']);
  assert.match(checks[0].advice, /config check/);
});

test('doctor ends with 75 when a part has failed', async () => {
  await world.node.halt();
  const fails = async () => (await json('doctor')).worst === 'fail';
  await until('the node to be missed', fails);
  const { code, stdout } = await ctl('doctor');
  assert.equal(code, EXIT.FAILURE);
  assert.match(stdout, /^FAIL {2}bitcoind +does not answer/m);
  await world.node.launch();
});
