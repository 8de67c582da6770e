/**
 * The bitcoin.conf that the image writes for its own node: a real bitcoind takes it for every size of memory, is pruned and
 * within a third of that memory, and tells gaveld what it wants to hear.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Bitcoind, programFolder } from '../support/bitcoind.mjs';
import { Child, ROOT, freePorts, makeTempDir, removeTempDir } from '../support/process.mjs';
import { until } from '../support/wait.mjs';

const SCRIPT = join(ROOT, 'firmware/image/root/usr/lib/gavel/node-conf');
const BITCOIND = join(programFolder(), 'bitcoind');
/** What a kernel counts on boards of 512 MB, 1, 2, 4 and 8 GB. */
const MEMORY_MIB = [467, 905, 1846, 3790, 7860];

/** @param {string} network @param {number} memory */
const confOf = (network, memory) => execFileSync(SCRIPT, [network, String(memory)], { encoding: 'utf8' });
const valueOf = (/** @type {string} */ conf, /** @type {string} */ key) => Number(new RegExp(`^${key}=(\\d+)$`, 'm').exec(conf)?.[1]);

for (const memory of MEMORY_MIB) {
  test(`with ${memory} MiB of memory`, async () => {
    const dir = makeTempDir('node');
    const [rpc, zmq] = await freePorts(2);
    const given = confOf('regtest', memory);
    assert.ok(valueOf(given, 'dbcache') + valueOf(given, 'maxmempool') <= memory / 3);
    const conf = given
      .replace('datadir=/var/lib/bitcoin', `datadir=${dir}`)
      .replace('/run/bitcoind/cookie', join(dir, 'cookie'))
      .replaceAll('28332', String(zmq))
      .replace('rpcport=8332', `rpcport=${rpc}`);
    writeFileSync(join(dir, 'bitcoin.conf'), conf);
    const child = new Child(BITCOIND, [`-conf=${join(dir, 'bitcoin.conf')}`]);
    try {
      const node = await until('the node', async () => {
        const reached = Bitcoind.reached(rpc, readFileSync(join(dir, 'cookie'), 'utf8'));
        await reached.rpc('getblockchaininfo');
        return reached;
      }, { timeoutMs: 60000 });
      assert.deepEqual([(await node.rpc('getblockchaininfo')).chain, (await node.rpc('getblockchaininfo')).pruned], ['regtest', true]);
      assert.equal((await node.rpc('getmempoolinfo')).maxmempool, valueOf(given, 'maxmempool') * 1000000);
      const told = (await node.rpc('getzmqnotifications')).map(({ type }) => type).sort();
      assert.deepEqual(told, ['pubhashblock', 'pubrawblock', 'pubrawtx', 'pubsequence']);
      assert.doesNotMatch(child.output, /Warning|Error/);
    } finally {
      await child.stop();
      removeTempDir(dir);
    }
  });
}

test('every network has its own section, or the port would be another one', () => {
  for (const network of ['main', 'test', 'signet', 'regtest'])
    assert.match(confOf(network, 2000), new RegExp(`^chain=${network}$[^]*^\\[${network}\\]\\nrpcport=8332$`, 'm'));
});
