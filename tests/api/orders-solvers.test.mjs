// Order auctions: both programs in both roles. The originals are stand-ins built after what was seen of them
// (tests/support/original-*.mjs); gaveld and gavel-solver are the real ones.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Listener, metricReaches, orderMetrics, QUICK, Solver, startClaimedSequencer, startSequencer } from '../support/orders.mjs';
import { OriginalSequencer } from '../support/original-sequencer.mjs';
import { OriginalSolver } from '../support/original-solver.mjs';
import { makeTempDir, removeTempDir } from '../support/process.mjs';
import { until } from '../support/wait.mjs';

describe('our sequencer', () => {
  it('case 1: the original solver bids, is committed, claims and fulfils', { timeout: 120000 }, async () => {
    const box = await startSequencer({ 'orders.commit_seconds': '6' });
    const solver = new OriginalSolver('s1', box.ports, { chance: 1 });
    await metricReaches(box, 'steps_total{step="fulfilled"}', 3);
    await until('ten orders', () => solver.batches.flat().length >= 10);
    assert.equal(solver.deaf, false);
    assert.equal(solver.connections, 1);
    assert.deepEqual(
      solver.commitments.map(({ order_id }) => order_id),
      [...new Set(solver.commitments.map(({ order_id }) => order_id))],
    );
    solver.close();
    await box.close();
  });

  it('case 3: two original solvers both hear every batch', async () => {
    const box = await startSequencer();
    const solvers = ['s1', 's2'].map((id) => new OriginalSolver(id, box.ports, { chance: 0 }));
    await until('both to hear of three orders', () => solvers.every(({ batches }) => batches.flat().length >= 3));
    for (const solver of solvers) solver.close();
    await box.close();
  });

  it('three of our solvers share the work, and one that never delivers is passed over', { timeout: 120000 }, async () => {
    const box = await startSequencer();
    const dir = makeTempDir('script');
    writeFileSync(join(dir, 'dead'), '* 199 1.2 60 never\n');
    const solvers = [
      Solver.start('alice', box.ports, ['--strategy', 'fixed', '--rate', '1.1']),
      Solver.start('bob', box.ports, ['--strategy', 'random']),
      Solver.start('dead', box.ports, ['--strategy', 'script', '--script', join(dir, 'dead')]),
    ];
    await metricReaches(box, 'steps_total{step="reassigned"}', 2);
    await metricReaches(box, 'steps_total{step="fulfilled"}', 2);
    const metric = await orderMetrics(box);
    assert.ok(metric('steps_total{step="failed"}') >= 2);
    assert.ok(metric('fulfil_ratio') > 0 && metric('fulfil_ratio') < 1);
    assert.equal(metric('connections{port="orders"}'), 3);
    for (const solver of solvers) await solver.close();
    await box.close();
    removeTempDir(dir);
  });

  it('case 28: seven orders of a request are announced as five and two, oldest first', async () => {
    const box = await startClaimedSequencer({ ...QUICK, 'orders.demo': 'off' });
    const listener = await Listener.open(box.ports.orders);
    const orders = Array.from({ length: 7 }, (_, i) => ({ description: `Order ${i} of "seven"` }));
    const { status } = await box.api.post('/api/v1/orders', orders, { 'X-API-Key': await box.createKey() });
    assert.equal(status, 201);
    const batches = () => listener.messages.filter((message) => message.NewOrderBatch).map((message) => message.NewOrderBatch);
    await until('two batches', () => batches().length === 2);
    assert.deepEqual(batches().map((batch) => batch.map(({ id }) => id)), [[1, 2, 3, 4, 5], [6, 7]]);
    assert.equal(batches()[0][0].description, 'Order 0 of "seven"');
    listener.close();
    await box.close();
  });
});

describe('our solver', () => {
  it('case 2: bids, commitments, claims and fulfilment at the original sequencer', { timeout: 60000 }, async () => {
    const sequencer = await OriginalSequencer.start();
    const solver = Solver.start('s1', sequencer.ports, ['--strategy', 'fixed', '--rate', '1', '--work', '2']);
    await until('ten orders and three fulfilments', () => sequencer.orders.size >= 10 && sequencer.fulfilled.length >= 3, {
      timeoutMs: 40000,
    });
    for (const line of sequencer.lines) assert.match(line, /^\{.*\}\n$/);
    assert.match(sequencer.lines[0], /"conversion_rate":1\.0,/);
    const claims = sequencer.lines.filter((line) => line.includes('FulfillmentComplete'));
    assert.deepEqual(claims, [...new Set(claims)], 'a claim is sent once');
    for (const { at, deadline } of sequencer.fulfilled) assert.ok(at <= deadline);
    await solver.close();
    await sequencer.close();
  });

  it('waits in line at the original sequencer, and is served when its turn comes', { timeout: 60000 }, async () => {
    const sequencer = await OriginalSequencer.start();
    const first = Solver.start('first', sequencer.ports);
    await first.says(/connected/);
    const second = Solver.start('second', sequencer.ports, ['--strategy', 'fixed']);
    await second.says(/connected/);
    await first.says(/(bid|pass) order=2/);
    assert.doesNotMatch(second.log, /bid|disconnected/);
    await first.close();
    await second.says(/bid order=/);
    await second.close();
    await sequencer.close();
  });
});
