// Order auctions: peers that mean harm. Whatever they do, the others are served and ticks keep their time.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { bidLine, claimLine, Listener, metricReaches, orderMetrics, shot, startSequencer } from '../support/orders.mjs';
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
    await metricReaches(box, 'tick_seconds_count', ticks + 6);
    const period = (Date.now() - begun) / 6;
    assert.ok(period < 500 * 1.2, `ticks of 500 ms came every ${period} ms`);
    await listener.nextOrder();
    const metric = await orderMetrics(box);
    assert.ok(metric('connections{port="orders"}') <= 256);
    assert.ok(metric('connections{port="bids"}') <= 256);
    for (const socket of sockets) socket.destroy();
    listener.close();
  });

  it('case 24: a solver that stops reading is dropped, and nobody waits for it', { timeout: 120000 }, async () => {
    await until('places on the order port', async () => (await orderMetrics(box))('connections{port="orders"}') === 0);
    const listener = await Listener.open(box.ports.orders);
    const deaf = connect(box.ports.orders, '127.0.0.1');
    await new Promise((resolve) => deaf.once('connect', resolve));
    deaf.pause();
    await listener.nextOrder();
    // What it does not take stays in its sockets for long: that it is dropped is shown by the unit tests.
    await listener.nextOrder();
    assert.equal(listener.closed, false);
    deaf.destroy();
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
