/** The wizard's look at the node: a real bitcoind, one without ZMQ, and what is no node at all. */
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Bitcoind } from '../support/bitcoind.mjs';
import { Gaveld } from '../support/gaveld.mjs';
import { Person } from '../support/person.mjs';
import { makeTempDir, removeTempDir } from '../support/process.mjs';

/** @type {Bitcoind} */
let node;
/** @type {Gaveld} */
let box;
/** @type {Person} */
let owner;

before(async () => {
  node = await Bitcoind.start();
  box = await Gaveld.start({
    settings: {
      'node.url': node.url,
      'node.cookie_file': node.cookieFile,
      'oracle.enabled': 'off',
      'web.limit_loopback': 'off',
    },
  });
  owner = await Person.owner(box);
});
after(async () => {
  await box?.close();
  await node?.close();
});

const askOwn = (/** @type {Person} */ who, /** @type {object} */ body) => who.send('POST', '/api/v1/setup/node/own', body);
const tryNode = (/** @type {object} */ body) => owner.send('POST', '/api/v1/setup/node/test', body);

test('the configured address answers, and cookie files are named with their network', async () => {
  const { status, json } = await owner.send('POST', '/api/v1/setup/node/discover');
  assert.equal(status, 200);
  assert.ok(json.addresses.some(({ url, answers }) => url === node.url && answers));
  assert.ok(json.addresses.some(({ url }) => url === 'http://127.0.0.1:8332'));
  for (const { path, network } of json.cookies) {
    assert.ok(path.endsWith('.cookie'));
    assert.ok(['main', 'test', 'signet', 'regtest'].includes(network));
  }
});

test('a good node is found good: RPC, each topic, chain and version', async () => {
  const { status, json } = await tryNode({ url: node.url, cookie_file: node.cookieFile });
  assert.equal(status, 200);
  assert.deepEqual(json.rpc, { ok: true, code: '', detail: '' });
  assert.deepEqual(
    json.zmq.map(({ topic, ok, detail }) => [topic, ok, detail]),
    ['rawtx', 'rawblock', 'sequence'].map((topic) => [topic, true, node.zmq]),
  );
  assert.deepEqual(json.missing, []);
  assert.equal(json.chain.network, 'regtest');
  assert.equal(json.chain.pruned, true);
  assert.ok(json.chain.version >= 240000, String(json.chain.version));
  const asked = await tryNode({ url: node.url, cookie_file: node.cookieFile, zmq_tx: node.zmq });
  assert.ok(asked.json.zmq.every(({ ok }) => ok));
  // The box's own connection is as it was.
  assert.equal((await box.api.get('/api/v1/node')).json.reachable, true);
});

test('an endpoint where nobody is, or something else, is told apart', async () => {
  const silent = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  const port = /** @type {net.AddressInfo} */ (silent.address()).port;
  const base = { url: 'http://127.0.0.1:1', user: 'a', password: 'b' };
  const { json } = await tryNode({
    ...base,
    zmq_tx: 'tcp://127.0.0.1:1',
    zmq_block: `tcp://127.0.0.1:${node.rpcPort}`,
    zmq_sequence: `tcp://127.0.0.1:${port}`,
  });
  silent.close();
  assert.equal(json.rpc.ok, false);
  assert.equal(json.chain, null);
  assert.deepEqual(json.missing, ['server=1']);
  const [tx, block, sequence] = json.zmq;
  assert.match(tx.detail, /nobody answers/);
  assert.match(block.detail, /no ZeroMQ publisher|nothing was said/);
  assert.match(sequence.detail, /nothing was said/);
  const odd = await tryNode({
    ...base,
    zmq_tx: 'ipc:///tmp/x',
    zmq_block: 'tcp://',
    zmq_sequence: 'tcp://h:0',
  });
  for (const { ok, detail } of odd.json.zmq) assert.ok(!ok && /tcp:\/\/host:port/.test(detail), detail);
});

test('wrong credentials and missing cookies are named, without being repeated', async () => {
  const secret = 'canary-of-a-node-password';
  const wrong = await tryNode({ url: node.url, user: 'gavel', password: secret });
  assert.equal(wrong.json.rpc.code, 'node.unauthorized');
  assert.ok(!wrong.text.includes(secret));
  assert.ok(!box.log.includes(secret));
  const absent = await tryNode({ url: node.url, cookie_file: '/nowhere/.cookie' });
  assert.equal(absent.json.rpc.code, 'node.cookie');
  for (const body of [
    { url: node.url },
    { url: node.url, user: 'a', password: 'b', cookie_file: '/c' },
    { url: 'ftp://127.0.0.1', user: 'a', password: 'b' },
    { url: 'http://a:b@127.0.0.1', user: 'a', password: 'b' },
    { url: node.url, user: 'a', password: 'b', zmq: 'x' },
  ])
    assert.equal((await tryNode(body)).status, 400, JSON.stringify(body));
});

test('a node without ZMQ is told the lines for its bitcoin.conf', async () => {
  const answers = {
    getblockchaininfo: await node.rpc('getblockchaininfo'),
    getnetworkinfo: { version: 250000 },
    getzmqnotifications: [{ type: 'pubsequence', address: 'tcp://0.0.0.0:28332', hwm: 1000 }],
  };
  const bare = http.createServer((request, response) => {
    let text = '';
    request.on('data', (part) => (text += part));
    request.on('end', () => {
      const { id, method } = JSON.parse(text);
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ result: answers[method], error: null, id }));
    });
  });
  await new Promise((resolve) => bare.listen(0, '127.0.0.1', () => resolve(undefined)));
  const url = `http://127.0.0.1:${/** @type {net.AddressInfo} */ (bare.address()).port}`;
  try {
    const { json } = await tryNode({ url, user: 'a', password: 'b', zmq_sequence: 'tcp://127.0.0.1:28333' });
    assert.equal(json.rpc.ok, true);
    assert.equal(json.chain.version, 250000);
    assert.deepEqual(json.missing, [
      'zmqpubrawtx=tcp://127.0.0.1:28332',
      'zmqpubrawtxhwm=20000',
      'zmqpubrawblock=tcp://127.0.0.1:28332',
    ]);
    assert.match(json.zmq[0].detail, /does not publish rawtx/);
    assert.match(json.zmq[2].detail, /publishes sequence at tcp:\/\/0\.0\.0\.0:28332/);
  } finally {
    bare.close();
    bare.closeAllConnections();
  }
});

test('a box without a node of its own says so, and switches nothing on', async () => {
  assert.equal((await owner.send('POST', '/api/v1/setup/node/discover')).json.own, null);
  const { status, json } = await askOwn(owner, { network: 'main' });
  assert.deepEqual([status, json.code], [409, 'setup.no_node']);
});

test('the node of the box is asked for by its owner, where it fits, and the audit log has it', async () => {
  const dir = makeTempDir('wish');
  const wish = join(dir, 'node-wanted');
  const image = await Gaveld.start({ settings: { 'setup.node_file': wish, 'oracle.enabled': 'off', 'web.limit_loopback': 'off' } });
  try {
    const person = await Person.owner(image);
    const { own } = (await person.send('POST', '/api/v1/setup/node/discover')).json;
    assert.equal(own.asked, false);
    assert.equal(own.memory_mib, Math.floor(os.totalmem() / 1048576));
    assert.ok(own.memory_mib_min >= 1024 && own.disk_mib_min > 10240);
    const fits = own.memory_mib >= own.memory_mib_min && own.disk_mib >= own.disk_mib_min;
    const main = await askOwn(person, { network: 'main' });
    assert.equal(main.status, fits ? 202 : 409, main.text);
    assert.equal(existsSync(wish), fits);
    rmSync(wish, { force: true });

    const asked = await askOwn(person, { network: 'regtest' });
    assert.equal(asked.status, 202, asked.text);
    assert.equal(asked.json.asked, true);
    assert.equal(readFileSync(wish, 'utf8'), 'regtest');
    const { items } = (await person.send('GET', '/api/v1/audit?kind=node.asked')).json;
    assert.deepEqual([items[0].subject, items[0].detail.includes('regtest')], ['node', true]);

    for (const body of [{}, { network: 'moon' }, { network: 'main; reboot' }, { network: 'main', more: 1 }])
      assert.equal((await askOwn(person, body)).status, 400, JSON.stringify(body));
    assert.equal((await image.api.post('/api/v1/setup/node/own', { network: 'regtest' })).status, 401);
  } finally {
    await image.close();
    removeTempDir(dir);
  }
});
