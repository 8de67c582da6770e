/**
 * Entry point of the price page: hears /ws/mempool, asks for what the stream does not tell, draws.
 */
import { readBlocks, readDays, readOracle } from './lib/api-oracle.js';
import { isStill } from './lib/colours.js';
import { boxNow, setClockSkew } from './lib/format.js';
import { loadStrings } from './lib/i18n.js';
import { openSocket } from './lib/live.js';
import { askModules } from './lib/modules.js';
import { Scatter } from './components/scatter.js';
import { startHistory } from './views/oracle-history.js';
import { buildPage, drawPages } from './views/oracle-page.js';
import { render, startTables } from './views/oracle.js';

const POINTS_MAX = 2000;
const FACTS_MS = 5000;
const DAYS_MS = 600000;
/** The box says something every second. */
const SILENCE_MS = 15000;
const TICK_MS = 1000;

const state = {
  /** newest message of the stream @type {any} */
  frame: null,
  /** @type {Oracle|null} */
  facts: null,
  off: false,
  /** @type {{t: number, p: number}[]} */
  points: [],
  next: 0, /* number of the point after the newest one held */
  /** @type {BlockTip[]} */
  blocks: [],
  /** @type {Day[]|null} */
  days: null,
  /** @type {import('./lib/live.js').Link} */
  link: 'live',
  lostAt: 0, /* seconds since 1970, of this machine */
  retryAt: 0, /* ms */
  retry: () => live.retry(),
};
let daysAt = -Infinity;

/** @type {Scatter} */
let chart;
/** @type {ReturnType<typeof openSocket>} */
let live;

/** A stream that has ended tells nothing new: then the answer that was asked for counts. */
function priceNow() {
  const { frame, facts, link } = state;
  if (frame && (link === 'live' || !facts)) return frame;
  return facts && { ...facts, low: facts.interval?.low, high: facts.interval?.high };
}

function draw() {
  const now = priceNow();
  const trusted = now !== null && now.state === 'ok' && state.link !== 'offline';
  render(state, now);
  chart.show({
    points: state.points,
    blocks: state.blocks,
    price: now ? now.spot ?? now.price : null,
    band: now && now.low !== undefined && now.state !== 'uncertain' ? { low: now.low, high: now.high } : null,
    limits: state.facts ? state.facts.chart : null,
    now: boxNow() / 1000,
    faded: !trusted,
  });
}

/** Points are numbered, so what comes twice (a greeting beside a broadcast) is seen once. */
function apply(frame) {
  state.frame = frame;
  state.off = false;
  setClockSkew(frame.timestamp * 1000 - Date.now());
  frame.transactions.forEach((point, i) => {
    if (frame.first + i < state.next) return;
    state.points.push({ t: point.timestamp, p: point.price });
    state.next = frame.first + i + 1;
  });
  if (state.points.length > POINTS_MAX) state.points.splice(0, state.points.length - POINTS_MAX);
  draw();
}

/** Lists are read when their newest entry is another one. */
async function readLists(before, after) {
  const block = after.block;
  if (!block || block.state === 'off') return;
  const isNew = block.height !== before?.block?.height || block.blocks !== before?.block?.blocks;
  if (isNew) state.blocks = (await readBlocks()).items;
  if (isNew || performance.now() - daysAt > DAYS_MS) {
    state.days = (await readDays()).items;
    daysAt = performance.now();
  }
}

async function readFacts() {
  const before = state.facts;
  try {
    state.facts = await readOracle();
    state.off = false;
    setClockSkew(state.facts.server_time_ms - Date.now());
    await readLists(before, state.facts);
  } catch (problem) {
    state.off = problem.code === 'oracle.off'; /* for anything else the link says what is wrong */
  }
  draw();
}

function listen() {
  live = openSocket('/ws/mempool', {
    silenceMs: SILENCE_MS,
    frame: apply,
    reload: () => {
      state.points = [];
      state.next = 0;
      readFacts();
    },
    state: (link, retryAt) => {
      if (link !== 'live' && state.link === 'live') state.lostAt = boxNow() / 1000;
      if (link === 'polling' && state.link !== 'polling') readFacts();
      state.link = link;
      state.retryAt = retryAt;
      draw();
    },
  });
}

/** Who is signed in sees more pages, and a box may do more; the price does not wait to know. */
async function greet() {
  try {
    const [{ may, restore }] = await Promise.all([import('./lib/session.js'), askModules()]);
    await restore();
    drawPages(may);
  } catch {
    /* The box has just gone away: the page has said so, and its links stay as they are. */
  }
}

async function start() {
  await loadStrings('shell', 'oracle');
  buildPage();
  chart = new Scatter(document.getElementById('scatter'));
  startTables(state);
  startHistory();
  listen();
  setInterval(() => {
    if (!document.hidden && state.link !== 'offline') readFacts();
  }, FACTS_MS);
  /* Time goes on without news. */
  setInterval(() => {
    if (!isStill() || state.link !== 'live') draw();
  }, TICK_MS);
  readFacts().then(greet);
}

start();
