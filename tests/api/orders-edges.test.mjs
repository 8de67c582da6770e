// Order auctions: the cases of the table that lie on the edge of a second, and orders that outlive the daemon.
// Each has orders of its own making, so that it knows when they began.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bidLine, claimLine, Listener, metricReaches, nowS, QUICK, restart, shot, startClaimedSequencer } from '../support/orders.mjs';
import { OriginalSolver } from '../support/original-solver.mjs';
import { until } from '../support/wait.mjs';

/** A box with a listener that adds orders itself. @param {Record<string, string>} settings */
async function start(settings) {
  const box = await startClaimedSequencer({ ...QUICK, 'orders.demo': 'off', ...settings });
  const operator = { 'X-API-Key': await box.createKey() };
  return {
    box,
    listener: await Listener.open(box.ports.orders),
    /** @param {number} count @returns {Promise<void>} */
    add: async (count) => {
      const orders = Array.from({ length: count }, (_, i) => ({ description: `Order ${i}` }));
      assert.equal((await box.api.post('/api/v1/orders', orders, operator)).status, 201);
    },
    /** @param {number} id @returns {Promise<any>} */
    order: async (id) => (await box.api.get(`/api/v1/orders/${id}`)).json,
    /** Events of the chain log, in order. @returns {Promise<any[]>} */
    log: async () => {
      const { items } = (await box.api.get('/api/v1/orders/log?from=1')).json;
      return items.map((/** @type {any} */ row) => JSON.parse(row.json));
    },
  };
}

/** @param {number} ms UTC */
const clockReaches = (ms) => until('the moment', () => Date.now() >= ms, { timeoutMs: 60000, everyMs: 5 });

describe('age of an order', () => {
  it('case 4: a bid at 4.9 s counts in the first selection, one at 5.1 s if that has not run', { timeout: 60000 }, async () => {
    const { box, listener, add, order, log } = await start({ 'orders.tick_ms': '1000', 'orders.collect_seconds': '5' });
    await add(1);
    await until('order 1', () => listener.orders.includes(1));
    const createdS = listener.messages[0].NewOrderBatch[0].creation_time;
    let offered = 100;
    const bid = (/** @type {string} */ who) =>
      shot(box.ports.bids, bidLine({ order_id: 1, solver_id: who, max_input: offered++ }));
    await bid('early');
    await clockReaches(createdS * 1000 + 4900);
    await bid('at-4.9');
    await clockReaches(createdS * 1000 + 5100);
    await bid('at-5.1');
    const { deadline, solver_id } = await listener.commitment(1);
    await bid('behind');
    await metricReaches(box, 'bids_total', 4);

    assert.ok(deadline - Number(QUICK['orders.commit_seconds']) >= createdS + 5, 'selected at 5 s, not before');
    const events = await log();
    const selection = events.findIndex((event) => event.BidSelected);
    const seen = events.slice(0, selection).flatMap((event) => event.BidReceived?.solver_id ?? []);
    const { items } = (await box.api.get('/api/v1/orders/1/bids')).json;
    const { created_s } = (await order(1)).order;
    for (const { solver_id: who, at_s } of items)
      if (at_s < created_s + 5) assert.ok(seen.includes(who), `${who} was in time`);
    assert.equal(solver_id, seen.at(-1), 'each promises more than those before it');
    assert.ok(!seen.includes('behind'));
    assert.equal((await listener.commitment(1, 2)).solver_id, 'behind', 'the others are there when he fails');
    listener.close();
    await box.close();
  });
});

describe('the second of the deadline', () => {
  it('cases 10 and 12: a claim in it fulfils, whatever follows; one in the grace is late', { timeout: 60000 }, async () => {
    const { box, listener, add, order } = await start({ 'orders.grace_seconds': '6' });
    await add(2);
    await until('both orders', () => listener.orders.length === 2);
    for (const id of [1, 2]) await shot(box.ports.bids, bidLine({ order_id: id, solver_id: 's1' }));
    const { deadline } = await listener.commitment(1);
    assert.equal((await listener.commitment(2)).deadline, deadline);
    // The book's seconds begin up to one later than those of the wall: it is its deadline's second, or the one before.
    await clockReaches(deadline * 1000);
    await shot(box.ports.claims, claimLine(1, 's1'));
    await metricReaches(box, 'claims_total', 1);
    await clockReaches(deadline * 1000 + 2000);
    await shot(box.ports.claims, claimLine(2, 's1'));
    await metricReaches(box, 'refused_total{reason="orders.late"}', 1);
    await shot(box.ports.claims, claimLine(1, 's1')); // a forged copy
    assert.ok(nowS() <= deadline + 6, 'the grace has not passed');

    await metricReaches(box, 'steps_total{step="fulfilled"}', 1);
    await metricReaches(box, 'steps_total{step="failed"}', 1);
    assert.equal((await order(1)).order.state, 'fulfilled');
    assert.equal((await order(1)).claims.length, 1, 'the first claim is final');
    assert.equal((await order(2)).order.state, 'expired');
    listener.close();
    await box.close();
  });
});

describe('a restart', () => {
  it('case 35: who comes back hears of every open order again, to the byte', { timeout: 90000 }, async () => {
    const { box, listener, add } = await start({ 'orders.collect_seconds': '40', 'orders.commit_seconds': '60' });
    const original = new OriginalSolver('original', box.ports, { chance: 0 });
    await add(7);
    await until('the original to hear of seven orders', () => original.batches.flat().length === 7);
    await until('us, too', () => listener.orders.length === 7);
    listener.close();
    await restart(box);

    await until('the original to be back', () => original.connections === 2, { timeoutMs: 20000 });
    await until('and to hear of them again', () => original.batches.flat().length >= 14);
    const told = original.batches.flat();
    assert.deepEqual(told.slice(7), told.slice(0, 7));
    await add(1);
    await until('a new order', () => original.batches.flat().some(({ id }) => id === 8));
    assert.equal(original.batches.flat().length, 15, 'once');
    original.close();
    await box.close();
  });
});
