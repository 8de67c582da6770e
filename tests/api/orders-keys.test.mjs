// Order auctions with keys: registered solvers over TLS, by secret and by signature; who forges gets nothing.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect as connectPlain } from 'node:net';
import { connect } from 'node:tls';
import { describe, it } from 'node:test';
import { bidLine, claimLine, metricReaches, orderMetrics, QUICK, Solver, startClaimedSequencer } from '../support/orders.mjs';
import { makeTempDir, removeTempDir } from '../support/process.mjs';

const ENCRYPTED = {
  ...QUICK,
  'orders.tls': 'on',
  'orders.tls_bind': '127.0.0.1',
  'orders.tls_order_port': '0',
  'orders.tls_bid_port': '0',
  'orders.tls_claim_port': '0',
};

/** @typedef {import('../support/gaveld.mjs').Gaveld} Gaveld */

/** A box with encrypted ports, an operator's key, and a folder for the solvers' files. */
async function start(settings = {}) {
  const box = await startClaimedSequencer({ ...ENCRYPTED, ...settings });
  const dir = makeTempDir('solver');
  const key = { 'X-API-Key': await box.createKey({ scope: 'admin' }) };
  const ports = { orders: box.ports.orders_tls, bids: box.ports.bids_tls, claims: box.ports.claims_tls };
  writeFileSync(join(dir, 'ca.crt'), box.ca);
  const close = async () => {
    await box.close();
    removeTempDir(dir);
  };
  return { box, dir, key, ports, tls: ['--tls', '--ca', join(dir, 'ca.crt')], close };
}

/** @param {Gaveld} box @param {object} solver @param {object} key @returns {Promise<any>} */
async function register(box, solver, key) {
  const { status, json } = await box.api.post('/api/v1/orders/solvers', solver, key);
  assert.ok(status === 200 || status === 201, JSON.stringify(json));
  return json;
}

/** One encrypted connection, everything said at once. @param {Gaveld} box @param {number} port @param {string} text */
const secretly = (box, port, text) =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', ca: box.ca }, () => socket.end(text));
    socket.on('error', () => undefined);
    socket.on('close', resolve);
    socket.resume();
  });

describe('encrypted ports', () => {
  it('claim mode: a solver with its secret bids, is committed and fulfils; case 34: who forges is refused', { timeout: 90000 }, async () => {
    const { box, dir, key, ports, tls, close } = await start();
    const { secret } = await register(box, { id: 'alice' }, key);
    writeFileSync(join(dir, 'secret'), `${secret}\n`);
    const solver = Solver.start('alice', ports, [...tls, '--key', join(dir, 'secret'), '--strategy', 'fixed', '--work', '2']);
    const [, order] = await solver.says(/commitment order=(\d+)/);
    await secretly(box, ports.claims, claimLine(Number(order), 'alice'));
    await secretly(box, ports.bids, bidLine({ order_id: Number(order), solver_id: 'alice', auth: 'key:gvs_guessed' }));
    await secretly(box, ports.bids, bidLine({ order_id: Number(order), solver_id: 'nobody' }));
    await metricReaches(box, 'dropped_total{reason="unproven"}', 3);
    assert.match(box.log, /claim refused: not proven solver=alice/);
    await metricReaches(box, 'steps_total{step="fulfilled"}', 1);
    assert.ok(!box.log.includes(secret) && !solver.log.includes(secret));
    await solver.close();
    await close();
  });

  it('proof mode: a signature proves, a deposit pays, and without one a claim is not enough', { timeout: 90000 }, async () => {
    const { box, dir, key, ports, tls, close } = await start({ 'orders.proof': 'on' });
    writeFileSync(join(dir, 'sign'), randomBytes(32).toString('hex'));
    const signs = [...tls, '--sign-key', join(dir, 'sign'), '--strategy', 'fixed'];
    const [, pubkey] = await Solver.start('bob', ports, signs).says(/signs with pubkey=([0-9a-f]{64})/);
    await register(box, { id: 'bob', pubkey }, key);
    const { signing_domain } = (await box.api.get('/api/v1/orders/status')).json;
    const solver = Solver.start('bob', ports, [...signs, '--domain', signing_domain]);
    await solver.says(/claim order=\d+/);
    await metricReaches(box, 'steps_total{step="failed"}', 1);
    assert.equal((await orderMetrics(box))('steps_total{step="fulfilled"}'), 0);
    const { status } = await box.api.post('/api/v1/orders/solvers/bob/deposits', { amount: 100000, proof: 'receipt 1' }, key);
    assert.equal(status, 204);
    await metricReaches(box, 'steps_total{step="fulfilled"}', 1);
    assert.equal((await orderMetrics(box))('dropped_total{reason="greeting"}'), 0);
    await solver.close();
    await close();
  });

  it('a solver believes only the right authority, and only the name that it dialled', { timeout: 60000 }, async () => {
    const { box, ports, tls, close } = await start();
    const stranger = Solver.start('eve', ports, ['--tls']);
    await stranger.says(/its certificate is not the right one/);
    assert.ok(!/(?<!not) connected/.test(stranger.log));
    await metricReaches(box, 'dropped_total{reason="greeting"}', 1);
    const elsewhere = Solver.start('eve', ports, [...tls, '--sequencer-host', '127.0.0.2']);
    await elsewhere.says(/its certificate is not the right one|not connected/);
    assert.ok(!/(?<!not) connected/.test(elsewhere.log));
    await stranger.close();
    await elsewhere.close();
    await close();
  });

  it('who does not go on with the handshake is sent away, and others are served meanwhile', { timeout: 60000 }, async () => {
    const { box, dir, key, ports, tls, close } = await start({ 'orders.read_seconds': '2' });
    const { secret } = await register(box, { id: 'alice' }, key);
    writeFileSync(join(dir, 'secret'), secret);
    const silent = connectPlain(ports.bids, '127.0.0.1');
    silent.on('error', () => undefined);
    const gone = new Promise((resolve) => silent.once('close', resolve));
    const solver = Solver.start('alice', ports, [...tls, '--key', join(dir, 'secret'), '--strategy', 'fixed']);
    await metricReaches(box, 'bids_total', 1);
    await gone;
    assert.ok((await orderMetrics(box))('dropped_total{reason="silent"}') >= 1);
    await solver.close();
    await close();
  });

  it('other machines only with deposits', async () => {
    await assert.rejects(startClaimedSequencer({ ...ENCRYPTED, 'orders.tls_bind': '0.0.0.0' }), /orders\.tls_bind/);
  });
});
