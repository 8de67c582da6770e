/**
 * The price page in headless Chromium with 2,000 points: frames a second while points stream in and while it is panned,
 * the time of a drawing, and the heap of the browser.
 *
 *   node tests/bench/page.mjs [--minutes 10]
 */
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { Browser } from '../support/browser.mjs';
import { PriceBox } from '../support/price-box.mjs';
import { sleep, until } from '../support/wait.mjs';
import { isMet, quantile, table } from './report.mjs';

const POINTS = 2000;
/** New points a second: several times those of a busy day. */
const STREAM_POINTS = 10;
const STREAM_MS = 500;
const LOOK_MS = 10000;
const SAMPLE_MS = 5000;
const MEGABYTE = 1024 * 1024;
const SIZE = { width: 1280, height: 900 };

/** In the page, before its own code: what each drawing costs, and when frames come. */
function watchFrames() {
  const real = window.requestAnimationFrame.bind(window);
  const look = { frames: [], drawings: [] };
  Object.assign(window, { look });
  window.requestAnimationFrame = (draw) =>
    real((at) => {
      const begin = performance.now();
      draw(at);
      look.drawings.push(performance.now() - begin);
    });
  const tick = (at) => {
    look.frames.push(at);
    if (look.frames.length > 10000) look.frames.splice(0, 5000);
    real(tick);
  };
  real(tick);
}

/** @param {import('playwright-core').Page} page @param {() => Promise<void>} work */
async function lookAt(page, work) {
  await page.evaluate(() => Object.assign(window.look, { frames: [], drawings: [] }));
  await work();
  const { frames, drawings } = await page.evaluate(() => window.look);
  const gaps = frames.slice(1).map((at, i) => at - frames[i]);
  return {
    rate: (1000 * gaps.length) / (frames.at(-1) - frames[0]),
    slow: 1000 / quantile(gaps, 0.99),
    drawing: quantile(drawings, 0.99),
    drawings: drawings.length,
  };
}

/** To and fro with the button held, a step a frame. */
async function pan(page, ms) {
  const { x, y, width, height } = await page.locator('#scatter canvas').boundingBox();
  const end = Date.now() + ms;
  await page.mouse.move(x + width / 2, y + height / 2);
  await page.mouse.down();
  for (let i = 0; Date.now() < end; i++)
    await page.mouse.move(x + width / 2 + 200 * Math.sin(i / 15), y + height / 2 + 40 * Math.sin(i / 9));
  await page.mouse.up();
}

/** @returns {import('./report.mjs').Row[]} */
function frameRows(what, { rate, slow, drawing, drawings }) {
  const least = { at: /** @type {const} */ ('least'), value: 30 };
  return [
    { bench: 'page', what: `${what}: frames`, value: rate, unit: '/s', goal: least },
    { bench: 'page', what: '  slowest 1 % of frames', value: slow, unit: '/s' },
    { bench: 'page', what: `  p99 of ${drawings} drawings`, value: drawing, unit: 'ms' },
  ];
}

/** Heap in use, sampled over minutes, and what is left of it after garbage collection. */
async function watchHeap(page, minutes) {
  const client = await page.context().newCDPSession(page);
  await client.send('Performance.enable');
  const used = async () => {
    const { metrics } = await client.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'JSHeapUsedSize').value / MEGABYTE;
  };
  const live = async () => {
    await client.send('HeapProfiler.collectGarbage');
    return used();
  };
  const first = await live();
  let peak = 0;
  for (const end = Date.now() + minutes * 60000; Date.now() < end; await sleep(SAMPLE_MS))
    peak = Math.max(peak, await used());
  return { first, peak, last: await live() };
}

/** @param {number} [minutes] of watching the heap @returns {Promise<import('./report.mjs').Row[]>} */
export async function benchPage(minutes = 1) {
  const box = await PriceBox.start({ points: POINTS });
  const browser = await Browser.open();
  const stream = setInterval(() => box.tell((STREAM_POINTS * STREAM_MS) / 1000 - 1), STREAM_MS);
  try {
    const { page, problems } = await browser.newPage();
    await page.setViewportSize(SIZE);
    await page.addInitScript(watchFrames);
    await page.goto(`${box.url}/oracle`);
    await until('the price', async () => /\d/.test(await page.locator('#price').innerText()));
    const streaming = await lookAt(page, () => sleep(LOOK_MS));
    const panning = await lookAt(page, () => pan(page, LOOK_MS));
    await page.locator('#scatter button').click();
    const heap = await watchHeap(page, minutes);
    if (problems.length) throw new Error(problems.join('; '));
    return [
      ...frameRows(`price page, ${POINTS} points, streaming`, streaming),
      ...frameRows(`price page, ${POINTS} points, panning`, panning),
      {
        bench: 'page',
        what: `browser heap, peak of ${minutes} min`,
        value: heap.peak,
        unit: 'MB',
        goal: { at: 'most', value: 50 },
      },
      { bench: 'page', what: '  in use at first, after collection', value: heap.first, unit: 'MB' },
      { bench: 'page', what: '  in use at last, after collection', value: heap.last, unit: 'MB' },
    ];
  } finally {
    clearInterval(stream);
    await browser.close();
    await box.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { minutes: { type: 'string', default: '1' } } });
  const rows = await benchPage(Number(values.minutes));
  process.stdout.write(`${table(rows)}\n`);
  process.exitCode = rows.every(isMet) ? 0 : 1;
}
