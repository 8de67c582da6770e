/**
 * The demo: a real pruned bitcoind (regtest), the Counterparty stand-in, gaveld, and a small market
 * whose sellers list through the public API and whose buyers buy through the purchase route.
 *
 *   node tests/demo/demo.mjs [--once] [--interval SECONDS] [--port PORT] [--bind ADDRESS]
 *
 * --once plays one whole sale without a person and ends with 0, or with 1 when a step fails.
 * Ctrl-C ends it and leaves nothing running.
 */
import { parseArgs } from 'node:util';
import { World } from '../support/world.mjs';
import { playMarket } from './market.mjs';
import { playOnce } from './once.mjs';

const USAGE = 'usage: demo.mjs [--once] [--interval SECONDS] [--port PORT] [--bind ADDRESS]';

function readOptions() {
  const { values } = parseArgs({
    options: {
      once: { type: 'boolean', default: false },
      interval: { type: 'string', default: '10' },
      port: { type: 'string', default: '8443' },
      bind: { type: 'string', default: '127.0.0.1' },
      help: { type: 'boolean', default: false },
    },
  });
  const intervalMs = Number(values.interval) * 1000;
  const port = Number(values.port);
  if (!(intervalMs > 0)) throw new Error(`--interval ${values.interval}: a number of seconds is needed`);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new Error(`--port ${values.port}: no port`);
  return { ...values, intervalMs, port };
}

/** One line, with the time. @param {string} text */
function say(text) {
  process.stdout.write(`${new Date().toTimeString().slice(0, 8)}  ${text}\n`);
}

/** The ports people know when they are free; --once takes any. @param {ReturnType<typeof readOptions>} options */
function portSettings({ once, port, bind }) {
  if (once) return {};
  return {
    'https.port': String(port),
    'http.port': port === 8443 ? '8480' : '0',
    'https.bind': bind,
    'http.bind': bind,
  };
}

async function main() {
  let options;
  try {
    options = readOptions();
  } catch (error) {
    process.stderr.write(`${error.message}\n${USAGE}\n`);
    return 64;
  }
  if (options.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort());
  say('starting bitcoind (regtest, pruned), the Counterparty stand-in and gaveld');
  const world = await World.start({ settings: portSettings(options), coinbases: 40 });
  try {
    if (options.once) await playOnce(world, say);
    else await playMarket(world, say, options.intervalMs, stop.signal);
  } finally {
    say('stopping');
    await world.close();
  }
  return 0;
}

process.exitCode = await main().catch((error) => {
  process.stderr.write(`the demo failed: ${error.stack}\n`);
  return 1;
});
