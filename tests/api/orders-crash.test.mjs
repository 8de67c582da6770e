// Order auctions through a power cut: what was told was stored, what was stored is told again, nothing twice.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { bidLine, claimLine, keepPorts, Listener, metricReaches, nowS, orderMetrics, restart, shot, Solver, startSequencer } from '../support/orders.mjs';
import { OriginalSolver } from '../support/original-solver.mjs';
import { until } from '../support/wait.mjs';

/** @type {import('../support/gaveld.mjs').Gaveld} */ let box;

before(async () => {
  box = await startSequencer({ 'orders.commit_seconds': '12', 'orders.collect_seconds': '2' });
});
after(() => box?.close());

it('case 25: a commitment that was stored is told again after a crash, not selected anew', { timeout: 60000 }, async () => {
  let listener = await Listener.open(box.ports.orders);
  const order = await listener.nextOrder();
  await shot(box.ports.bids, bidLine({ order_id: order, solver_id: 'a' }));
  const told = await listener.commitment(order);
  listener.close();
  await restart(box);
  listener = await Listener.open(box.ports.orders);
  assert.deepEqual(await listener.commitment(order), told);
  await shot(box.ports.claims, claimLine(order, 'a'));
  await metricReaches(box, 'steps_total{step="fulfilled"}', 1);
  assert.equal(listener.commitments.filter((c) => c.order_id === order).length, 1);
  listener.close();
});

it('bids that were accepted before a crash are selected from after it', { timeout: 60000 }, async () => {
  let listener = await Listener.open(box.ports.orders);
  const order = await listener.nextOrder();
  const before = (await orderMetrics(box))('bids_total');
  await shot(box.ports.bids, bidLine({ order_id: order, solver_id: 'low', max_input: 100 }));
  await shot(box.ports.bids, bidLine({ order_id: order, solver_id: 'high', max_input: 101 }));
  await metricReaches(box, 'bids_total', before + 2);
  listener.close();
  await restart(box);
  listener = await Listener.open(box.ports.orders);
  assert.equal((await listener.commitment(order)).solver_id, 'high');
  listener.close();
});

it('case 26: a claim that was stored is judged after a crash that outlasted the grace', { timeout: 60000 }, async () => {
  const listener = await Listener.open(box.ports.orders);
  const order = await listener.nextOrder();
  await shot(box.ports.bids, bidLine({ order_id: order, solver_id: 'a', valid_till: nowS() + 8 }));
  const { deadline } = await listener.commitment(order);
  const claims = (await orderMetrics(box))('claims_total');
  await shot(box.ports.claims, claimLine(order, 'a'));
  await metricReaches(box, 'claims_total', claims + 1);
  listener.close();
  keepPorts(box);
  await box.kill();
  await until('deadline and grace to pass', () => nowS() > deadline + 2);
  await box.launch();
  await metricReaches(box, 'steps_total{step="fulfilled"}', 1);
});

it('case 35: solvers of both kinds come back by themselves and hear of open orders', { timeout: 90000 }, async () => {
  const ours = Solver.start('ours', box.ports, ['--strategy', 'fixed']);
  const original = new OriginalSolver('original', box.ports, { chance: 0 });
  await ours.says(/connected/);
  await until('the original to connect', () => original.connections === 1);
  await restart(box);
  await until('both to be back', () => original.connections === 2 && [...ours.log.matchAll(/ connected/g)].length === 2, {
    timeoutMs: 20000,
  });
  const heard = original.batches.length;
  await until('a new batch', () => original.batches.length > heard);
  original.close();
  await ours.close();
});

it('ten crashes at any moment: no order is decided twice', { timeout: 120000 }, async () => {
  /** @type {Map<string, any>} */ const seen = new Map();
  for (let i = 0; i < 10; i++) {
    const listener = await Listener.open(box.ports.orders);
    const order = await listener.nextOrder();
    await shot(box.ports.bids, bidLine({ order_id: order, solver_id: `s${i}` }));
    await until('some time of this round', () => Date.now() % 1000 < 200 + 60 * i || listener.closed);
    await restart(box);
    for (const c of listener.commitments) seen.set(`${c.order_id}`, c);
    listener.close();
    const next = await Listener.open(box.ports.orders);
    await next.nextOrder();
    for (const c of next.commitments) {
      const before = seen.get(`${c.order_id}`);
      if (before && before.deadline >= c.deadline) assert.deepEqual(c, before);
      seen.set(`${c.order_id}`, c);
    }
    next.close();
  }
});
