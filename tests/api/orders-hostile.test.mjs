// Order auctions: peers that mean harm. Whatever they do, the others are served and ticks keep their time.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { bidLine, claimLine, Listener, metricReaches, orderMetrics, QUICK, shot, startClaimedSequencer, startSequencer } from '../support/orders.mjs';
import { sleep, until } from '../support/wait.mjs';

describe('hostile peers', () => {
  /** @type {import('../support/gaveld.mjs').Gaveld} */ let box;
  before(async () => {
    box = await startSequencer({ 'orders.read_seconds': '2' });
  });
  after(() => box?.close());

  it('case 22: ten megabytes without a line end are cut at 64 KiB', async () => {
    await shot(box.ports.bids, Buffer.alloc(10 * 1024 * 1024, 'x'), { keepOpen: true });
    await metricReaches(box, 'dropped_total{reason="too_long"}', 1);
  });

  it('case 22: a byte now and then is cut in time, and bids of others are taken meanwhile', async () => {
    const listener = await Listener.open(box.ports.orders);
    const socket = connect(box.ports.bids, '127.0.0.1');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    const timer = setInterval(() => socket.write('{'), 200);
    const order = await listener.nextOrder();
    const before = (await orderMetrics(box))('bids_total');
    await shot(box.ports.bids, bidLine({ order_id: order }));
    await metricReaches(box, 'bids_total', before + 1);
    await closed;
    clearInterval(timer);
    assert.ok((await orderMetrics(box))('dropped_total{reason="silent"}') >= 1);
    listener.close();
  });

  it('case 23: a thousand idle connections on each port change nothing for solvers that are there', async () => {
    const listener = await Listener.open(box.ports.orders);
    await listener.nextOrder();
    const sockets = [];
    for (const port of [box.ports.orders, box.ports.bids, box.ports.claims])
      for (let i = 0; i < 1000; i++) {
        const socket = connect(port, '127.0.0.1');
        socket.on('error', () => undefined);
        sockets.push(socket);
        if (i % 100 === 99) await sleep(5);
      }
    await until('the limit of the order port', async () => (await orderMetrics(box))('dropped_total{reason="full"}') > 1000);
    const ticks = (await orderMetrics(box))('tick_seconds_count');
    const begun = Date.now();
    await metricReaches(box, 'tick_seconds_count', ticks + 20); // the schedule is absolute: one late tick is no drift
    const period = (Date.now() - begun) / 20;
    assert.ok(Math.abs(period - 500) <= 50, `ticks of 500 ms came every ${period} ms`);
    await listener.nextOrder();
    const metric = await orderMetrics(box);
    assert.ok(metric('connections{port="orders"}') <= 256);
    assert.ok(metric('connections{port="bids"}') <= 256);
    for (const socket of sockets) socket.destroy();
    listener.close();
  });

  it('hung-up, reset and half-open connections leave nothing behind', async () => {
    for (let i = 0; i < 300; i++) {
      const socket = connect([box.ports.orders, box.ports.bids, box.ports.claims][i % 3], '127.0.0.1');
      socket.on('error', () => undefined);
      await new Promise((resolve) => socket.once('connect', resolve));
      if (i % 2) socket.write(claimLine(1, 'x').slice(0, i % 40));
      if (i % 5) socket.resetAndDestroy();
      else socket.end();
    }
    await until('nobody to be left', async () => {
      const metric = await orderMetrics(box);
      return ['orders', 'bids', 'claims'].every((port) => metric(`connections{port="${port}"}`) === 0);
    });
  });
});

describe('a solver that stops reading', () => {
  it('case 24: is dropped when 256 KiB wait for it; others hear every order meanwhile', { timeout: 120000 }, async () => {
    const settings = { 'orders.demo': 'off', 'orders.batch': '64', 'orders.tick_ms': '50', 'orders.collect_seconds': '60' };
    const box = await startClaimedSequencer({ ...QUICK, ...settings });
    const listener = await Listener.open(box.ports.orders);
    const deaf = connect(box.ports.orders, '127.0.0.1');
    const closed = new Promise((resolve) => deaf.once('close', resolve));
    deaf.on('error', () => undefined);
    await new Promise((resolve) => deaf.once('connect', resolve));
    deaf.pause();
    await until('both to be there', async () => (await orderMetrics(box))('connections{port="orders"}') === 2);

    const headers = { 'X-API-Key': await box.createKey(), 'Content-Type': 'text/csv' };
    const body = `${'x'.repeat(1000)}\n`.repeat(16); // as much as a request holds
    let added = 0;
    while (added < 8000 && (await orderMetrics(box))('dropped_total{reason="slow"}') === 0) {
      const { status, text } = await box.api.send('POST', '/api/v1/orders', { body, headers });
      assert.equal(status, 201, text);
      added += 16;
      await until('the listener to hear of them', () => listener.orders.length === added);
    }
    assert.match(box.log, /solver dropped: it does not read peer=127\.0\.0\.1/);
    assert.deepEqual(listener.orders, Array.from({ length: added }, (_, i) => i + 1));
    assert.equal(listener.closed, false);
    deaf.resume();
    await closed;
    listener.close();
    await box.close();
  });
});

describe('who must prove himself', () => {
  it('case 34: forged bids and claims are refused and counted', async () => {
    const box = await startSequencer({ 'orders.authenticated': 'on', 'orders.proof': 'on' });
    const listener = await Listener.open(box.ports.orders);
    const order = await listener.nextOrder();
    await shot(box.ports.bids, bidLine({ order_id: order }));
    await shot(box.ports.bids, bidLine({ order_id: order, auth: 'key:gvs_guessed' }));
    await shot(box.ports.claims, claimLine(order, 's1'));
    await metricReaches(box, 'dropped_total{reason="unproven"}', 3);
    assert.equal((await orderMetrics(box))('bids_total'), 0);
    assert.match(box.log, /claim refused: not proven solver=s1/);
    listener.close();
    await box.close();
  });

  it('plain ports open to others are no configuration', async () => {
    await assert.rejects(startSequencer({ 'orders.bind': '0.0.0.0' }), /orders\.bind/);
  });
});
