// Order auctions: traffic that was captured between the original programs, replayed to ours in both roles. What
// ours say is compared as bytes with what the originals said.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { captured, capturedFeed } from '../support/captured.mjs';
import { Gaveld } from '../support/gaveld.mjs';
import { Listener, metricReaches, nowS, orderMetrics, shot, Solver } from '../support/orders.mjs';
import { makeTempDir, removeTempDir } from '../support/process.mjs';
import { until } from '../support/wait.mjs';

/** The original's constants are the defaults: tick 2 s, bids 5 s, work 10 s, grace 2 s, an order every second tick. */
const ORIGINAL = {
  'orders.enabled': 'on',
  'orders.demo': 'on',
  'orders.order_port': '0',
  'orders.bid_port': '0',
  'orders.claim_port': '0',
};

/** Of another run: a bid at a rate of 1e300, which ours refuses. */
const SATURATED = '"solver_id":"inf"';

describe('our sequencer, spoken to as by the original solver', () => {
  it('says what the original said, byte by byte, from the third order to both commitments', { timeout: 90000 }, async () => {
    const box = await Gaveld.start({ settings: ORIGINAL, claim: false });
    const solver = await Listener.open(box.ports.orders);
    const batch = await until('order 3', () => solver.messages.find((m) => m.NewOrderBatch?.[0].id === 3), {
      timeoutMs: 30000,
    });
    const createdS = batch.NewOrderBatch[0].creation_time;
    assert.equal(await shot(box.ports.bids, captured('"SubmitBid":{"order_id":3', createdS)), '');
    await until('order 4', () => solver.orders.includes(4));
    assert.equal(await shot(box.ports.bids, captured('"SubmitBid":{"order_id":4', createdS)), '');
    await solver.commitment(3);
    assert.equal(await shot(box.ports.claims, captured('FulfillmentComplete', createdS)), '');
    await solver.commitment(4);
    const said = capturedFeed(createdS).filter((line) => !line.includes(SATURATED));
    assert.equal(
      solver.lines
        .map((line) => `${line}\n`)
        .filter((line) => said.includes(line))
        .join(''),
      said.join(''),
    );
    assert.doesNotMatch(solver.text, /\r|\n\n|^\n/, 'a blank line would end the original solver');
    await metricReaches(box, 'steps_total{step="fulfilled"}', 1);
    assert.equal((await orderMetrics(box))('bids_total'), 2);
    solver.close();
    await box.close();
  });
});

/** The three ports of a sequencer that says only what a test tells it, and keeps every byte it hears. */
class Ports {
  static async open() {
    const ports = new Ports();
    ports.heard = { bids: '', claims: '' };
    /** @type {import('node:net').Socket|undefined} */ ports.order = undefined;
    const collect = (/** @type {'bids'|'claims'} */ name) =>
      createServer((socket) => socket.on('data', (chunk) => (ports.heard[name] += chunk)).on('error', () => undefined));
    ports.servers = [createServer((socket) => (ports.order = socket)), collect('bids'), collect('claims')];
    const [orders, bids, claims] = await Promise.all(
      ports.servers.map(
        (server) => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port))),
      ),
    );
    ports.numbers = { orders, bids, claims };
    return ports;
  }

  close() {
    this.order?.destroy();
    for (const server of this.servers) server.close();
  }
}

/** @param {string} text */
const linesOf = (text) => text.match(/.*\n/g) ?? [];
/** @param {string} line of order 3 */
const ofOrder4 = (line) => line.replace('"id":3', '"id":4').replace('#3', '#4').replace('"order_id":3', '"order_id":4');

describe('our solver, spoken to as by the original sequencer', () => {
  it('bids and claims as the original did, byte by byte', { timeout: 60000 }, async () => {
    const dir = makeTempDir('script');
    writeFileSync(join(dir, 'script'), '3 174 0.9646770440214334 22 0\n4 78 1.1027385625194817 52 0\n');
    const ports = await Ports.open();
    const solver = Solver.start('s1', ports.numbers, ['--strategy', 'script', '--script', join(dir, 'script')]);
    await until('it to connect', () => ports.order);
    const sentS = nowS();
    const [batch, ...rest] = capturedFeed(sentS);
    ports.order?.write([batch, ofOrder4(batch), ...rest].join('')); // the batch of order 4 was not captured
    await until('its bids', () => linesOf(ports.heard.bids).length === 2);
    await until('its claims', () => linesOf(ports.heard.claims).length === 2);
    const [third, fourth] = linesOf(ports.heard.bids).sort();
    assert.equal(third, captured('"SubmitBid":{"order_id":3', secondOf(third, 22)));
    assert.equal(fourth, captured('"SubmitBid":{"order_id":4', secondOf(fourth, 52)));
    const claim = captured('FulfillmentComplete', sentS);
    assert.deepEqual(linesOf(ports.heard.claims).sort(), [claim, ofOrder4(claim)]);

    /** The second in which it bid, which only it knows. @param {string} bid @param {number} validity */
    function secondOf(bid, validity) {
      const second = Number(/"valid_till":(\d+)/.exec(bid)?.[1]) - validity;
      assert.ok(second >= sentS && second <= nowS(), bid);
      return second;
    }
    await solver.close();
    ports.close();
    removeTempDir(dir);
  });
});
