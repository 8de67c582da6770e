/** The price page against a stand-in box that can be in any state: what each looks like, says and lets one do. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { Browser } from '../support/browser.mjs';
import { PriceBox } from '../support/price-box.mjs';
import { assertAccessible, inspect, portray } from '../support/pages.mjs';
import { BUILD_DIR } from '../support/process.mjs';
import { sleep, until } from '../support/wait.mjs';

const PICTURES = join(BUILD_DIR, 'screenshots');
const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 360, height: 760 };
/** What a browser itself writes when a box is away. */
const ABSENCE = /WebSocket connection to|Failed to load resource/;

/** @type {Browser} */
let browser;
/** @type {PriceBox} */
let box;
const nowS = () => Math.floor(Date.now() / 1000);

before(async () => {
  mkdirSync(PICTURES, { recursive: true });
  browser = await Browser.open({ hasTouch: true });
});
after(() => browser?.close());
beforeEach(async (t) => {
  box = await PriceBox.start();
  t.after(() => box.close());
});

/**
 * The page, opened; what goes wrong inside it fails the test.
 * @param {import('node:test').TestContext} t
 * @param {{size?: {width: number, height: number}, media?: object}} [options]
 */
async function open(t, { size = DESKTOP, media = { colorScheme: 'light' } } = {}) {
  const { page, problems } = await browser.newPage();
  t.after(async () => {
    await page.close();
    assert.deepEqual(
      problems.filter((text) => !ABSENCE.test(text)),
      [],
    );
  });
  await page.setViewportSize(size);
  await page.emulateMedia(media);
  await page.goto(`${box.url}/oracle`);
  return page;
}

const text = (page, selector) => page.locator(selector).innerText();
const shows = (page, selector, pattern) =>
  until(`${selector} to show ${pattern}`, async () => {
    const shown = await text(page, selector);
    if (!pattern.test(shown)) throw new Error(shown);
    return true;
  });
const picture = (page, name) =>
  page.screenshot({ path: join(PICTURES, `oracle-${name}.png`), fullPage: true });
const overflow = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** Pixels of the canvas that are close to a colour of the style sheet. */
const painted = (page, selector, property) =>
  page.evaluate(
    ([where, name]) => {
      const canvas = document.querySelector(`${where} canvas`);
      const probe = document.createElement('canvas').getContext('2d');
      probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name);
      probe.fillRect(0, 0, 1, 1);
      const want = probe.getImageData(0, 0, 1, 1).data;
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3] > 90 && [0, 1, 2].every((c) => Math.abs(data[i + c] - want[c]) < 12)) count++;
      }
      return count;
    },
    [selector, property],
  );
/** What the canvas shows, as text to compare. */
const canvasOf = (page, selector) =>
  page.locator(`${selector} canvas`).evaluate((canvas) => canvas.toDataURL());

test('a price that stands: number, confidence, range, spot, block price, points', async (t) => {
  const page = await open(t);
  await shows(page, '#price', /^\$113,680$/);
  await shows(page, '#range', /\$113,282 and \$114,077/);
  await shows(page, '#confidence', /high, 93%/);
  await shows(page, '#figures', /Spot.*\s+113,679\.52 USD\s+Median of 3 hours\s+113,600\.00 USD/);
  await shows(page, '#figures', /Last 144 blocks\s+113,168\.32 USD, 0\.45% below/);
  assert.equal(await page.locator('#notice').isVisible(), false);
  assert.equal(await text(page, '#state'), 'live');
  await until('the points', async () => (await painted(page, '#scatter', '--accent')) > 200);
  assert.ok((await painted(page, '#scatter', '--info')) > 300, 'the line of the blocks is drawn');
  assert.ok((await painted(page, '#scatter', '--good')) > 300, 'the line of the price is drawn');
});

test('new points come without reload, and what comes twice is seen once', async (t) => {
  const page = await open(t);
  await page.locator('#points summary').click();
  const rows = () => page.locator('#points tbody tr').count();
  await until('the table', async () => (await rows()) > 1000);
  const before = await rows();
  box.tell(50);
  await page.getByRole('button', { name: 'Read again' }).first().click();
  await until('fifty more', async () => {
    await page.getByRole('button', { name: 'Read again' }).first().click();
    return (await rows()) >= before + 50;
  });
  assert.ok((await rows()) <= box.points.length);
});

for (const [name, says, title, word, advice] of [
  ['node_behind', { state: 'node_behind' }, /Node behind/, 'node behind', /Is the node running/],
  [
    'uncertain',
    { state: 'uncertain', confidence: 0.21, wide: 56900 },
    /Uncertain price/,
    'uncertain',
    /Do not rely on it/,
  ],
  ['stale', { state: 'stale' }, /Stale price/, 'stale', /peers/],
]) {
  test(`${name} says what it is, since when and what to do, and looks unlike a price that stands`, async (t) => {
    const since = nowS() - 2000;
    box.says = { ...box.says, ...says, state_since: since };
    const page = await open(t);
    await shows(page, '#notice', title);
    await shows(page, '#notice', advice);
    const told = new Date((name === 'stale' ? since - 600 : since) * 1000).toTimeString().slice(0, 5);
    await shows(page, '#notice', new RegExp(told));
    assert.equal(await text(page, '#state'), word);
    assert.equal(await text(page, '#range'), '', 'no rate is promised');
    await until(
      'a line that is no good price',
      async () => (await painted(page, '#scatter', '--good')) === 0,
    );
    const ink = (selector) => page.locator(selector).evaluate((node) => getComputedStyle(node).color);
    assert.notEqual(await ink('#price'), await ink('#past-title'));
    await picture(page, name);
  });
}

test('an uncertain price names the other one, and what the blocks say', async (t) => {
  box.says = { ...box.says, state: 'uncertain', wide: 56900 };
  box.block = { state: 'short', blocks: 88, progress: 0.61 };
  const page = await open(t);
  await shows(page, '#notice', /wider search says \$56,900/);
  await shows(page, '#progress', /88 of the last 144/);
  assert.equal(await page.locator('#progress progress').isVisible(), false);
});

test('filling tells how far it is, for the window and for the blocks', async (t) => {
  box.says = { state: 'filling', state_since: nowS() - 12, filled: 0.57, confidence: 0, price: null };
  box.block = { state: 'filling', blocks: 31, progress: 0.215, price: null };
  box.points = [];
  box.daysKept = 0;
  box.holes = [[1e9, -60]]; // the minute that begins now as well
  const page = await open(t);
  await shows(page, '#notice', /Filling the window/);
  await shows(page, '#notice', /57% read/);
  await shows(page, '#progress', /reading the last 144, 31 done/);
  assert.equal(await page.locator('#notice progress').evaluate((bar) => bar.value), 0.57);
  assert.equal(await page.locator('#progress progress').evaluate((bar) => bar.value), 0.215);
  assert.equal(await text(page, '#price'), 'No price yet');
  await shows(page, '#history-text', /No price was kept/);
  await shows(page, '#days', /No day has been computed yet/);
  await picture(page, 'filling');
  box.says = { state: 'ok', state_since: nowS(), filled: 1, confidence: 0.9 };
  await shows(page, '#price', /^\$113,680$/);
  assert.equal(await page.locator('#notice').isVisible(), false);
});

test('a window with too few payments says how many there must be', async (t) => {
  box.says = { state: 'filling', state_since: nowS() - 1200, filled: 1, confidence: 0, price: null };
  box.points = [];
  const page = await open(t);
  await shows(page, '#notice', /Too few payments yet/);
  await shows(page, '#notice', /needs 100/);
  await shows(page, '#notice', /peers/);
});

test('a box without the block view shows none of it', async (t) => {
  box.block = null;
  const page = await open(t);
  await shows(page, '#price', /113,680/);
  assert.equal(await page.locator('#legend-blocks').isVisible(), false);
  assert.equal(await page.locator('#blocks').isVisible(), false);
  assert.equal(await page.locator('#progress').isVisible(), false);
});

test('a box whose oracle is off says so', async (t) => {
  box.isOff = true;
  box.refusesSockets = true;
  const page = await open(t);
  await shows(page, '#notice', /switched off/);
  await shows(page, '#notice', /oracle\.enabled/);
  await picture(page, 'off');
});

test('a lost box is told with the next try, each later than the one before; it comes back by itself', async (t) => {
  const page = await open(t);
  await shows(page, '#price', /113,680/);
  await box.down();
  await shows(page, '#notice', /Connection to the box lost/);
  await shows(page, '#notice', /Next try in \d+ sec|Trying/);
  await shows(page, '#link', /Box offline/);
  assert.equal(await text(page, '#price'), '$113,680', 'the last it knew');
  await picture(page, 'offline');
  await shows(page, '#notice', /Next try in [34567] sec/);
  await box.up();
  await page.getByRole('button', { name: 'Try now' }).click();
  await shows(page, '#link', /Live/);
  await until('no notice', async () => !(await page.locator('#notice').isVisible()));
});

test('waits between tries grow and are spread', async (t) => {
  const page = await open(t);
  await shows(page, '#link', /Live/);
  box.refusesSockets = true;
  const waits = await page.evaluate(async () => {
    const { openSocket } = await import('/lib/live.js');
    const real = window.setTimeout;
    const asked = [];
    await new Promise((resolve) => {
      window.setTimeout = (run, ms, ...rest) => real(run, ms > 500 && ms < 60000 ? 5 : ms, ...rest);
      openSocket('/nothing-here', {
        frame: () => {},
        reload: () => {},
        state: (link, retryAt) => {
          if (link === 'live' || asked.at(-1)?.retryAt === retryAt) return;
          asked.push({ retryAt, wait: retryAt - Date.now() });
          if (asked.length === 8) resolve();
        },
      });
    });
    window.setTimeout = real;
    return asked.map(({ wait }) => wait);
  });
  const nominal = [1000, 2000, 4000, 8000, 15000, 30000, 30000, 30000];
  nominal.forEach((ms, i) =>
    assert.ok(waits[i] > ms * 0.74 && waits[i] < ms * 1.26, `wait ${i}: ${waits[i]}`),
  );
  assert.notEqual(Math.round(waits[6]), Math.round(waits[7]), 'no two pages come back together');
});

test('a silent stream is a lost one', async (t) => {
  const page = await open(t);
  await shows(page, '#price', /113,680/);
  const connections = box.connections;
  await page.clock.install();
  await page.reload();
  await shows(page, '#price', /113,680/);
  box.isSilent = true;
  await sleep(50);
  await page.clock.runFor(16000);
  await page.clock.runFor(3000);
  await until('another connection', async () => {
    await page.clock.runFor(1000);
    return box.connections >= connections + 2;
  });
});

test('where sockets are refused the page polls and says so', async (t) => {
  box.refusesSockets = true;
  const page = await open(t);
  await shows(page, '#link', /Polling\s+no live connection/);
  await shows(page, '#price', /113,680/);
  box.price = 120000;
  await shows(page, '#price', /120,084/);
});

/** Where a plot of the stand-in's prices has a price, in pixels of its canvas; the axis is 5 % to both sides. */
const heightOf = (price, height) => 10 + ((113600 * 1.05 - price) / (113600 * 0.1)) * (height - 36);
/** Where the oldest point is: a fiftieth of the time axis is free at both ends. */
const leftOf = (width) => 62 + (0.02 / 1.04) * (width - 74);

test('hovering a point shows its price and time, and the line of the blocks its block', async (t) => {
  box.points = [{ timestamp: nowS() - 60, price: 114000 }];
  box.says.state = 'stale'; /* no new points while we look */
  const page = await open(t);
  await shows(page, '#price', /113,680/);
  const canvas = page.locator('#scatter canvas');
  const { width, height } = await canvas.boundingBox();
  await canvas.hover({ position: { x: leftOf(width) + 4, y: heightOf(114000, height) - 4 } });
  await shows(page, '#scatter .tip', /^114,000\.00 USD at \d\d:\d\d:\d\d$/);
  await canvas.hover({ position: { x: width / 2, y: heightOf(113168, height) } });
  await shows(page, '#scatter .tip', /^113,168\.32 USD by blocks up to 870,123, /);
  await canvas.hover({ position: { x: width / 2, y: 20 } });
  await until(
    'no tip where there is nothing',
    async () => !(await page.locator('#scatter .tip').isVisible()),
  );
});

test('mouse, wheel and keys move the chart, and the button brings it back', async (t) => {
  box.says.state = 'stale';
  const page = await open(t, { media: { colorScheme: 'light', reducedMotion: 'reduce' } });
  await shows(page, '#price', /113,680/);
  await until('the points', async () => (await painted(page, '#scatter', '--accent')) > 200);
  const canvas = page.locator('#scatter canvas');
  const button = page.locator('#scatter button');
  const { x, y, width, height } = await canvas.boundingBox();
  const middle = [x + width / 2, y + height / 2];
  const moves = {
    drag: async () => {
      await page.mouse.move(...middle);
      await page.mouse.down();
      await page.mouse.move(middle[0] + 150, middle[1] + 30, { steps: 4 });
      await page.mouse.up();
    },
    wheel: async () => {
      await page.mouse.move(...middle);
      await page.mouse.wheel(0, -300);
    },
    plus: () => canvas.press('+'),
    arrow: () => canvas.press('ArrowLeft'),
  };
  for (const [name, move] of Object.entries(moves)) {
    const before = await canvasOf(page, '#scatter');
    assert.equal(await button.isVisible(), false, name);
    await move();
    await until(`${name} moves it`, async () => (await canvasOf(page, '#scatter')) !== before);
    await button.click();
    await until('all of it again', async () => !(await button.isVisible()));
  }
  await canvas.press('-');
  await canvas.press('Home');
  assert.equal(await button.isVisible(), false);
});

test('fingers: a tap tells the price, a swipe moves, a pinch zooms', async (t) => {
  box.points = [
    { timestamp: nowS() - 3000, price: 113000 },
    { timestamp: nowS() - 60, price: 114000 },
  ];
  box.says.state = 'stale';
  const page = await open(t, { size: PHONE });
  await shows(page, '#price', /113,680/);
  const canvas = page.locator('#scatter canvas');
  await canvas.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await canvas.boundingBox();
  const tip = page.locator('#scatter .tip');
  await page.touchscreen.tap(x + leftOf(width) + 5, y + heightOf(113000, height) + 5);
  await shows(page, '#scatter .tip', /^113,000\.00 USD at/);
  const client = await page.context().newCDPSession(page);
  const touch = (type, ...points) =>
    client.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: points.map(([px, py], id) => ({ x: px, y: py, id })),
    });
  const at = (fx, fy) => [x + width * fx, y + height * fy];
  const button = page.locator('#scatter button');

  await touch('touchStart', at(0.5, 0.5));
  for (const fx of [0.55, 0.6, 0.7, 0.8]) await touch('touchMove', at(fx, 0.5));
  await touch('touchEnd');
  await until('the swipe moved it', () => button.isVisible());
  await until('no tip', async () => !(await tip.isVisible()));
  await button.click();

  const before = await canvasOf(page, '#scatter');
  await touch('touchStart', at(0.4, 0.5), at(0.6, 0.5));
  for (const d of [0.12, 0.16, 0.2, 0.26]) await touch('touchMove', at(0.5 - d, 0.5), at(0.5 + d, 0.5));
  await touch('touchEnd');
  await until(
    'the pinch zoomed it',
    async () => (await button.isVisible()) && (await canvasOf(page, '#scatter')) !== before,
  );
});

test('history: four lengths, holes stay open and are counted, and the table tells them too', async (t) => {
  const page = await open(t);
  await shows(page, '#history-text', /\$1\d\d,\d{3} to \$113,\d{3} \([+-]\d.*%\) · 1 hole/);
  const bare = await painted(page, '#history', '--good');
  box.holes = [];
  for (const [name, pattern] of [
    ['1 h', /no holes/],
    ['7 d', /no holes/],
    ['2 y', /2 holes/],
    ['1 d', /no holes/],
  ]) {
    await page.getByRole('button', { name, exact: true }).click();
    await shows(page, '#history-text', pattern);
    assert.equal(await page.getByRole('button', { name, exact: true }).getAttribute('aria-pressed'), 'true');
  }
  await until('a longer line', async () => (await painted(page, '#history', '--good')) > bare);
  await page.getByRole('button', { name: '2 y', exact: true }).click();
  await page.locator('#samples summary').click();
  await shows(page, '#samples', /no price/);
  const canvas = page.locator('#history canvas');
  const { width, height } = await canvas.boundingBox();
  const tip = page.locator('#history .tip');
  await canvas.hover({ position: { x: 120, y: height / 2 } });
  await shows(page, '#history .tip', /no price from/);
  await canvas.hover({ position: { x: width - 13, y: height / 2 } });
  await shows(page, '#history .tip', /USD · \d{4}-\d\d-\d\d · confidence 97%/);
  await page.mouse.wheel(0, -100);
  await until('zoomed', () => page.locator('#history button').isVisible());
  await until('no tip', async () => !(await tip.isVisible()));
});

test('tables hold everything: payments, blocks, history, days', async (t) => {
  const page = await open(t);
  await shows(page, '#price', /113,680/);
  for (const id of ['points', 'blocks', 'samples']) await page.locator(`#${id} summary`).click();
  const rows = (id) => page.locator(`${id} tbody tr`).count();
  await until('the payments', async () => (await rows('#points')) >= 1200);
  assert.equal(await rows('#blocks'), 16);
  await until('the history', async () => (await rows('#samples')) >= 48);
  assert.equal(await rows('#days'), 38, 'two of forty days are missing');
  assert.match(await text(page, '#days'), /\d{4}-\d\d-\d\d\s+1\d\d,\d{3}\.\d\d/);
  assert.match(await text(page, '#days'), /61 so far/);
  assert.match(await text(page, '#days'), /24 older/);
  for (const table of await page.locator('table').all()) {
    assert.ok(await table.locator('caption').count());
    assert.ok(await table.locator('thead th[scope="col"]').count());
    assert.ok(await table.locator('tbody th[scope="row"]').count());
  }
  assert.match(
    await page.locator('#spoken').textContent(),
    /^Bitcoin \$113,680, confidence high, 93%, live$/,
  );
});

test('on the smallest phone nothing is cut off, in no state', async (t) => {
  const page = await open(t, { size: PHONE });
  await shows(page, '#price', /113,680/);
  for (const id of ['points', 'blocks', 'samples']) await page.locator(`#${id} summary`).click();
  for (const state of ['ok', 'uncertain', 'stale', 'node_behind']) {
    box.says.state = state;
    await shows(page, '#state', new RegExp(state === 'ok' ? 'live' : state.replace('_', ' ')));
    assert.ok((await overflow(page)) <= 0, `${state}: ${await overflow(page)} px too wide`);
  }
  box.says.state = 'ok';
  await shows(page, '#state', /live/);
  await picture(page, 'phone');
});

test('nothing serious for axe-core in any size, theme and state', async (t) => {
  const page = await open(t);
  await shows(page, '#price', /113,680/);
  await portray(page, 'price', { height: 1240 });
  for (const id of ['points', 'blocks', 'samples']) await page.locator(`#${id} summary`).click();
  await inspect(page, 'oracle');
  for (const state of ['uncertain', 'stale', 'node_behind']) {
    box.says.state = state;
    await shows(page, '#state', new RegExp(state.replace('_', ' ')));
    await assertAccessible(page, state);
  }
});

test('in another language every word is of it', async (t) => {
  const page = await open(t);
  await shows(page, '#price', /113,680/);
  await page.evaluate(() => localStorage.setItem('gavel.language', 'de'));
  await page.reload();
  await shows(page, '#price', /^113\.680\s\$$/);
  await shows(page, '#range', /Vermutlich zwischen/);
  await shows(page, '#confidence', /hoch, 93\s%/);
  assert.match(await text(page, '#foot'), /Niemand wurde nach einem Kurs gefragt/);
  await page.evaluate(() => localStorage.removeItem('gavel.language'));
});

test('dark and light: the canvas follows while the page is open', async (t) => {
  const page = await open(t, { media: { colorScheme: 'dark' } });
  await until('dark points', async () => (await painted(page, '#scatter', '--info')) > 300);
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await paper();
  await picture(page, 'dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await until('light points', async () => (await painted(page, '#scatter', '--info')) > 300);
  assert.notEqual(await paper(), dark);
});
