/**
 * What is shown at which tip: never a PSBT above it, never two, never one that cannot be used any
 * more. Everything the box says or writes is searched for signatures that it should still hide.
 */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { visibleRungs } from '../support/expect.mjs';
import { leafOf, rootOf } from '../support/ladder_root.mjs';
import { LiveClient } from '../support/live.mjs';
import { makeBody, makeLadder } from '../support/signer.mjs';
import { World } from '../support/world.mjs';

/** @type {World} */
let world;

before(async () => {
  world = await World.start({ settings: { 'log.level': 'trace' } });
});
after(() => world?.close());

/**
 * What the box shows of a listing: by the route of one, by both lists and by v1, which must agree.
 * @param {number} id @returns {Promise<{status: string, block: number|null, reason: any, psbt: string|null, price: number|null}>}
 */
async function shown(id) {
  const current = await world.currentPsbt(id);
  assert.equal(current.status, 200, current.text);
  const listed = await world.listed(id);
  const v1 = (await world.api.get(`/api/v1/dutch/${id}`)).json;
  const psbt = current.json.psbt?.psbt_data ?? null;
  assert.equal(listed.current_psbt_data, psbt);
  assert.ok(!('psbt' in v1), 'the single object never shows a PSBT');
  const v1Current = (await world.api.get(`/api/v1/dutch/${id}/current-psbt`)).json;
  assert.equal(v1Current.psbt?.psbt_data ?? null, psbt);
  assert.equal(v1.status, listed.status);
  assert.equal(current.json.current_block, await world.height());
  if (psbt) {
    assert.equal(current.json.auction_status, listed.status);
    assert.equal(current.json.psbt.price_sats, listed.current_price_sats);
    assert.equal(current.json.psbt.auction_id, id);
    const { block_number: block, price_sats: price } = current.json.psbt;
    assert.deepEqual(v1.reveal, { kind: 'rung', block_number: block, proof: v1Current.psbt.proof });
    assert.match(v1.ladder_root, /^[0-9a-f]{64}$/);
    assert.equal(v1.reveal.proof.ladder_root, v1.ladder_root);
    assert.equal(rootOf(v1.reveal.proof, leafOf(block, price, psbt)), v1.ladder_root, 'listed so from the beginning');
    assert.notEqual(rootOf(v1.reveal.proof, leafOf(block, price + 1, psbt)), v1.ladder_root);
  } else {
    assert.equal(v1.reveal.proof, null);
  }
  return {
    status: listed.status,
    block: current.json.psbt?.block_number ?? null,
    reason: current.json,
    psbt,
    price: listed.current_price_sats,
  };
}

test('row 56: null before the start, each block its PSBT, the last one until it expires', async () => {
  const plan = await world.plan();
  const id = await world.list(plan);
  const { start, end } = plan;
  const expected = [
    [start - 1, 'upcoming', null],
    [start, 'active', start],
    [start + 1, 'active', start + 1],
    [end, 'active', end],
    [end + 1, 'finished', end],
    [end + 4, 'finished', end],
    [end + 5, 'expired', null],
  ];
  for (const [height, status, block] of expected) {
    await world.mineTo(height);
    const now = await shown(id);
    assert.deepEqual([now.status, now.block], [status, block], `at ${height}`);
    if (status === 'upcoming') {
      assert.equal(now.reason.starts_at_block, start);
      assert.equal(now.price, plan.startPrice);
    }
    if (status === 'expired') assert.equal(now.price, null);
    if (block === null) assert.equal(typeof now.reason.message, 'string');
  }
});

test('row 57: with 0 and 1 blocks after the end, the last PSBT shows at the end and not above', async () => {
  for (const after of [0, 1]) {
    const plan = await world.plan({ after });
    const id = await world.list(plan);
    await world.mineTo(plan.end);
    assert.deepEqual([(await shown(id)).status, (await shown(id)).block], ['active', plan.end]);
    await world.mine(1);
    assert.deepEqual([(await shown(id)).status, (await shown(id)).block], ['expired', null]);
  }
});

test('row 58: a reorganisation below the start hides the PSBT again', async () => {
  const plan = await world.plan();
  const id = await world.list(plan);
  await world.mineTo(plan.start);
  assert.equal((await shown(id)).block, plan.start);
  await world.node.rewindTo(plan.start - 1);
  await world.synced();
  const before = await shown(id);
  assert.deepEqual([before.status, before.block], ['upcoming', null]);
  await world.mine(2);
  assert.deepEqual([(await shown(id)).status, (await shown(id)).block], ['active', plan.start + 1]);
});

test('row 59: a reorganisation to a lower tip shows its PSBT and keeps the high-water mark', async () => {
  const plan = await world.plan();
  const id = await world.list(plan);
  await world.mineTo(plan.start + 4);
  assert.equal((await shown(id)).block, plan.start + 4);
  await world.node.rewindTo(plan.start + 1);
  await world.synced();
  assert.equal((await shown(id)).block, plan.start + 1);
  assert.equal((await world.listing(id)).revealed_high_block, plan.start + 4);
  await world.mine(1);
  assert.equal((await shown(id)).block, plan.start + 2);
});

test('row 55: nothing that the box says or writes holds a signature above the tip', async () => {
  const live = await LiveClient.open(`wss://127.0.0.1:${world.gaveld.httpsPort}/api/v1/ws`, {
    ca: world.gaveld.ca,
  });
  const plan = await world.plan({ after: 3 });
  const rungs = makeLadder(plan);
  const id = await world.list(plan);
  const address = plan.coin.wallet.address;
  const paths = [
    `/api/listings/${id}`,
    `/api/auctions/${id}`,
    `/api/listings`,
    `/api/auctions`,
    `/api/listings?status=active,upcoming,finished,expired`,
    `/api/address/${address}`,
    `/api/listings/${id}/current-psbt`,
    `/api/auctions/${id}/current-psbt`,
    `/api/auctions/${id}/current-psbt?block_number=${plan.end}`,
    `/api/v1/dutch/${id}`,
    `/api/v1/dutch/${id}/current-psbt`,
    '/api/v1/dutch',
    '/metrics',
    '/health',
    '/ready',
    '/api/health',
    '/api/v1/node',
    '/',
  ];
  for (let height = plan.start - 1; height <= plan.end + 3; height++) {
    await world.mineTo(height);
    const highest = Math.min(height, plan.end);
    const allowed = height < plan.start || height >= plan.end + 3 ? [] : [highest];
    for (const path of paths) {
      const { text } = await world.api.get(path);
      const seen = visibleRungs(text, rungs);
      assert.ok(
        seen.every((block) => allowed.includes(block)),
        `${path} at ${height} shows ${seen}`,
      );
      if (/\/(listings|auctions|dutch)\/\d+$/.test(path))
        assert.deepEqual(seen, [], `${path} never shows a PSBT`);
      if (path.endsWith('current-psbt')) assert.deepEqual(seen, allowed, path);
    }
    const sent = visibleRungs(JSON.stringify(live.frames), rungs);
    assert.ok(
      sent.every((block) => block <= height),
      `the live stream at ${height} has sent ${sent}`,
    );
    assert.deepEqual(visibleRungs(world.gaveld.log, rungs), [], 'the log never shows a PSBT');
  }
  live.close();
  const hidden = makeBody(await world.plan());
  assert.equal((await world.post(hidden)).status, 201);
  for (const name of readdirSync(world.gaveld.dir, { recursive: true, withFileTypes: true })) {
    if (!name.isFile()) continue;
    const bytes = readFileSync(join(name.path, name.name));
    assert.deepEqual(
      visibleRungs(bytes.toString('hex'), hidden.psbts),
      [],
      `${name.name} holds an unrevealed signature`,
    );
    assert.deepEqual(
      visibleRungs(bytes.toString('latin1'), hidden.psbts),
      [],
      `${name.name} holds an unrevealed signature`,
    );
  }
});

test('the served PSBT is minimal: no derivations, no sighash field, final scripts only', async () => {
  const plan = await world.plan({ start: (await world.height()) + 2 });
  const { json } = await world.post(makeBody(plan, { nonWitnessUtxo: true }));
  await world.mineTo(plan.start);
  const { psbt } = await shown(json.listing_id);
  const decoded = await world.node.rpc('decodepsbt', psbt);
  assert.deepEqual(Object.keys(decoded.inputs[0]).sort(), ['final_scriptwitness', 'witness_utxo']);
  assert.deepEqual(decoded.outputs, [{}]);
  assert.equal(decoded.tx.locktime, plan.start);
});
