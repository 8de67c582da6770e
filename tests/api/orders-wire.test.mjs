// Order auctions on the wire: the cases of the table that one connection can show, against the real gaveld.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { bidLine, claimLine, Listener, metricReaches, nowS, orderMetrics, shot, startSequencer } from '../support/orders.mjs';
import { until } from '../support/wait.mjs';

/** @type {import('../support/gaveld.mjs').Gaveld} */ let box;
/** @type {Listener} */ let solver;

before(async () => {
  box = await startSequencer();
  solver = await Listener.open(box.ports.orders);
});
after(async () => {
  solver?.close();
  await box?.close();
});

const bid = (/** @type {string|Buffer} */ text, options = {}) => shot(box.ports.bids, text, options);
const claim = (/** @type {string} */ text) => shot(box.ports.claims, text);

/** Refused bids and claims of every kind. */
async function refusals() {
  const metric = await orderMetrics(box);
  const { text } = await box.api.get('/metrics');
  const names = [...text.matchAll(/^gavel_orders_((?:refused|dropped)_total\{reason="[^"]+"\}) /gm)];
  return names.reduce((sum, [, name]) => sum + metric(name), 0);
}

/** Do it, and expect that many more accepted bids. @param {number} count @param {() => Promise<unknown>} act */
async function accepts(count, act) {
  const before = (await orderMetrics(box))('bids_total');
  await act();
  await metricReaches(box, 'bids_total', before + count);
}

/** Do it, and expect one refusal more for this reason. @param {string} reason @param {() => Promise<unknown>} act */
async function refusesFor(reason, act) {
  const name = `refused_total{reason="${reason}"}`;
  const before = (await orderMetrics(box))(name);
  await act();
  await metricReaches(box, name, before + 1);
}

/** Do it, and expect one refusal more and no bid more. @param {() => Promise<unknown>} act */
async function refuses(act) {
  const bids = (await orderMetrics(box))('bids_total');
  const before = await refusals();
  await act();
  await until('a refusal', async () => (await refusals()) !== before);
  assert.equal(await refusals(), before + 1);
  assert.equal((await orderMetrics(box))('bids_total'), bids);
}

describe('bids', () => {
  it('case 17: integer rate, array form, extra and reordered keys are accepted', async () => {
    const order = await solver.nextOrder();
    const validTill = nowS() + 60;
    await accepts(4, async () => {
      await bid(`{"SubmitBid":{"order_id":${order},"solver_id":"a","max_input":100,"conversion_rate":1,"valid_till":${validTill}}}\n`);
      await bid(`{"SubmitBid":[${order},"a",101,1.25,${validTill}]}\n`);
      await bid(bidLine({ order_id: order, solver_id: 'a', note: 'hello' }));
      await bid(`{"SubmitBid":{"valid_till":${validTill},"conversion_rate":1.5,"max_input":9,"solver_id":"a","order_id":${order}}}\n`);
    });
  });

  it('case 20: a line without its end, and one with CRLF, are accepted; nothing is answered', async () => {
    const order = await solver.nextOrder();
    await accepts(2, async () => {
      assert.equal(await bid(bidLine({ order_id: order }).trimEnd()), '');
      assert.equal(await bid(bidLine({ order_id: order }).replace('\n', '\r\n')), '');
    });
  });

  it('case 21: of two bids on one connection the first is accepted', async () => {
    const order = await solver.nextOrder();
    await accepts(1, () => bid(bidLine({ order_id: order, solver_id: 'one' }) + bidLine({ order_id: order, solver_id: 'two' })));
    const commitment = await solver.commitment(order);
    assert.equal(commitment.solver_id, 'one');
  });

  for (const rate of ['1e300', '-3.5', '0', '1e400', 'null', '"1.1"'])
    it(`case 16: a rate of ${rate} is refused`, async () => {
      const order = await solver.nextOrder();
      await refuses(() => bid(bidLine({ order_id: order, conversion_rate: 0.5 }).replace('0.5', rate)));
    });

  for (const [what, from, to] of [
    ['100.0', '100', '100.0'],
    ['a negative number', '100', '-5'],
    ['2^64', '100', '18446744073709551616'],
    ['a text', '100', '"100"'],
  ])
    it(`case 18: an input of ${what} is refused`, async () => {
      const order = await solver.nextOrder();
      await refuses(() => bid(bidLine({ order_id: order }).replace(`"max_input":${from}`, `"max_input":${to}`)));
    });

  it('case 18: a key twice is refused', async () => {
    const order = await solver.nextOrder();
    await refuses(() => bid(bidLine({ order_id: order }).replace('"max_input"', '"order_id":1,"max_input"')));
  });

  it('case 19: 100 at 0.29 is 28', async () => {
    const order = await solver.nextOrder();
    await bid(bidLine({ order_id: order, conversion_rate: 0.29 }));
    assert.equal((await solver.commitment(order)).min_output_amount, 28);
  });

  for (const [what, id] of /** @type {[string, string][]} */ ([
    ['quotes', 'a"b'],
    ['line ends', 'a\nb'],
    ['a way up', '../etc'],
    ['10 kB', 'x'.repeat(10240)],
    ['nothing', ''],
  ]))
    it(`case 29: a solver's name with ${what} is refused, and the log stays a line for each event`, async () => {
      const order = await solver.nextOrder();
      await refuses(() => bid(bidLine({ order_id: order, solver_id: id })));
      for (const line of box.log.trimEnd().split('\n')) assert.match(line, /^<\d>\S+ /);
    });

  for (const [what, bytes] of /** @type {[string, Buffer]} */ ([
    ['bytes that are no UTF-8', Buffer.from('{"SubmitBid":{"order_id":1,"solver_id":"\xff"}}\n', 'latin1')],
    ['half a surrogate', Buffer.from('{"SubmitBid":{"order_id":1,"solver_id":"\\ud800"}}\n')],
    ['10,000 brackets', Buffer.from(`${'['.repeat(10000)}\n`)],
    ['a message in small letters', Buffer.from('{"submitbid":{}}\n')],
    ['a message of another port', Buffer.from(claimLine(1, 's1'))],
    ['a blank line', Buffer.from('\n')],
    ['nothing at all', Buffer.from(' ')],
  ]))
    it(`case 30: ${what}: refused, no crash`, () => refuses(() => bid(bytes)));

  it('case 33: bids for orders that are unknown or over are ignored and counted', async () => {
    await refuses(() => bid(bidLine({ order_id: 4000000 })));
    const order = await solver.nextOrder();
    await bidGone(order);
  });

  /** @param {number} order nobody bids for */
  async function bidGone(order) {
    await until('the order to be closed', () => solver.closures.includes(order), { timeoutMs: 20000 });
    assert.deepEqual(
      solver.closures.filter((id) => id === order),
      [order],
      'case 9: no bids: closed, once',
    );
    await refuses(() => bid(bidLine({ order_id: order })));
  }
});

describe('selection', () => {
  it('case 5: of equal outputs the lower validity is selected', async () => {
    const order = await solver.nextOrder();
    const validTill = nowS() + 30;
    await bid(bidLine({ order_id: order, solver_id: 'early', valid_till: validTill }));
    await bid(bidLine({ order_id: order, solver_id: 'late', valid_till: validTill + 9 }));
    assert.equal((await solver.commitment(order)).solver_id, 'early');
  });

  it('case 6 and 31: of equal bids of five connections at once the last received is selected', async () => {
    const order = await solver.nextOrder();
    const validTill = nowS() + 30;
    await accepts(5, () =>
      Promise.all(['a', 'b', 'c', 'd', 'e'].map((id) => bid(bidLine({ order_id: order, solver_id: id, valid_till: validTill })))),
    );
    assert.match((await solver.commitment(order)).solver_id, /^[a-e]$/);
  });

  it('case 8: a bid that is about to end is passed over', async () => {
    const order = await solver.nextOrder();
    await bid(bidLine({ order_id: order, solver_id: 'ends', max_input: 900, valid_till: nowS() + 2 }));
    await bid(bidLine({ order_id: order, solver_id: 'stays', max_input: 1 }));
    assert.equal((await solver.commitment(order)).solver_id, 'stays');
  });
});

describe('claims', () => {
  it('cases 11, 12, 13: only the committed one, only after the commitment, and once is for ever', async () => {
    const order = await solver.nextOrder();
    const fulfilled = (await orderMetrics(box))('steps_total{step="fulfilled"}');
    await bid(bidLine({ order_id: order, solver_id: 'real' }));
    await refusesFor('orders.not_committed', () => claim(claimLine(order, 'real'))); // too early
    await solver.commitment(order);
    await refusesFor('orders.other_solver', () => claim(claimLine(order, 'other')));
    await claim(claimLine(order, 'real'));
    await claim(claimLine(order, 'real')); // a forged one that comes late
    await metricReaches(box, 'steps_total{step="fulfilled"}', fulfilled + 1);
  });

  it('cases 10, 14, 15: who fails is followed by others that bid late, never by himself', async () => {
    const order = await solver.nextOrder();
    await bid(bidLine({ order_id: order, solver_id: 'first', max_input: 300 }));
    await bid(bidLine({ order_id: order, solver_id: 'first', max_input: 290 }));
    assert.equal((await solver.commitment(order, 1)).solver_id, 'first');
    await bid(bidLine({ order_id: order, solver_id: 'second', max_input: 100 }));
    assert.equal((await solver.commitment(order, 2)).solver_id, 'second');
    await until('the order to be closed', () => solver.closures.includes(order), { timeoutMs: 20000 });
    assert.equal(solver.commitments.filter((c) => c.order_id === order).length, 2);
  });

  it('case 7: a reassignment between equals goes to the last received, whose validity is the higher one', async () => {
    const order = await solver.nextOrder();
    await accepts(3, async () => {
      await bid(bidLine({ order_id: order, solver_id: 'fails', max_input: 300 }));
      await bid(bidLine({ order_id: order, solver_id: 'sooner', valid_till: nowS() + 50 }));
      await bid(bidLine({ order_id: order, solver_id: 'last', valid_till: nowS() + 60 }));
    });
    assert.equal((await solver.commitment(order, 1)).solver_id, 'fails');
    assert.equal((await solver.commitment(order, 2)).solver_id, 'last');
  });
});
