/**
 * How long a browser that comes for the first time looks at nothing: market, dashboard and price page on a quarter of
 * this CPU, nothing cached, every connection new. Each beside the emptiest page that the same server has, in turn with
 * them in the same run: what remains is ours.
 *
 *   node tests/bench/first-view.mjs [--rounds 5]
 */
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { Browser } from '../support/browser.mjs';
import { OWNER } from '../support/gaveld.mjs';
import { fillMarket } from '../support/market.mjs';
import { signIn } from '../support/pages.mjs';
import { until } from '../support/wait.mjs';
import { World } from '../support/world.mjs';
import { isMet, quantile, table } from './report.mjs';

const THROTTLE = 4;
const GOAL_MS = 1000;
const SIZE = { width: 360, height: 780 };
/** A page, and the first of its elements that shows what only the box knows. */
const PAGES = [
  { name: 'empty page', path: '/health', shown: 'pre' },
  { name: 'market', path: '/', shown: '.listings .price' },
  { name: 'dashboard', path: '/dashboard', shown: '#tile-height .value' },
  { name: 'price', path: '/oracle', shown: '#facts dd' },
];

/** In the page, before its own code: when the element is there, and painted. */
function watchFor(selector) {
  const seen = new MutationObserver(() => {
    if (!/\d/.test(document.querySelector(selector)?.textContent ?? '')) return;
    seen.disconnect();
    requestAnimationFrame(() => setTimeout(() => Object.assign(window, { shownAt: performance.now() })));
  });
  seen.observe(document, { subtree: true, childList: true, characterData: true });
}

/** @param {Browser} browser @param {string} url @param {string} shown */
async function visit(browser, url, shown) {
  const { page } = await browser.newPage();
  await page.setViewportSize(SIZE);
  const client = await page.context().newCDPSession(page);
  await client.send('Network.clearBrowserCache');
  await client.send('Emulation.setCPUThrottlingRate', { rate: THROTTLE });
  await page.addInitScript(watchFor, shown);
  await page.goto(url);
  await until(`data on ${url}`, () => page.evaluate(() => window.shownAt !== undefined));
  const times = await page.evaluate(() => ({
    data: window.shownAt,
    paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? window.shownAt,
    requests: performance.getEntriesByType('resource').length + 1,
  }));
  await page.close();
  return times;
}

/** @param {number} rounds @returns {Promise<Map<string, Awaited<ReturnType<typeof visit>>[]>>} */
async function measure(rounds) {
  const world = await World.start();
  try {
    await fillMarket(world);
    const browser = world.keep(await Browser.open({ locale: 'en-US' }));
    const { page } = await browser.newPage();
    await page.goto(`${world.gaveld.httpsUrl}/login`);
    await signIn(page, OWNER);
    await page.close();
    const times = new Map(PAGES.map(({ name }) => [name, []]));
    for (let round = 0; round <= rounds; round++) {
      for (const { name, path, shown } of PAGES) {
        const seen = await visit(browser, world.gaveld.httpsUrl + path, shown);
        if (round > 0) times.get(name).push(seen); /* the first warms browser and box up */
      }
    }
    return times;
  } finally {
    await world.close();
  }
}

/** @param {number} [rounds] @returns {Promise<import('./report.mjs').Row[]>} */
export async function benchFirstView(rounds = 5) {
  const times = await measure(rounds);
  const median = (name, what) => quantile(times.get(name).map((each) => each[what]), 0.5);
  return [...times.keys()].flatMap((name) => {
    const ours = name !== PAGES[0].name;
    const goal = ours ? { goal: { at: /** @type {const} */ ('most'), value: GOAL_MS } } : {};
    return [
      { bench: 'view', what: `${name}: first contentful paint`, value: median(name, 'paint'), unit: 'ms', ...goal },
      { bench: 'view', what: `  first view with data`, value: median(name, 'data'), unit: 'ms', ...goal },
      { bench: 'view', what: `  best of ${rounds}`, value: Math.min(...times.get(name).map(({ data }) => data)), unit: 'ms' },
      { bench: 'view', what: '  requests', value: median(name, 'requests'), unit: '' },
    ];
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
  const rows = await benchFirstView(Number(values.rounds));
  process.stdout.write(`${table(rows)}\n`);
  process.exitCode = rows.every(isMet) ? 0 : 1;
}
