/**
 * Entry point of the price page: hears /ws/mempool, keeps the newest points, draws.
 * @module
 */
import { readOracle } from './lib/api.js';
import { openSocket } from './lib/live.js';
import { Scatter } from './components/scatter.js';
import { render, showTip } from './views/oracle.js';

const POINTS_MAX = 2000;
const FACTS_MS = 5000;

const state = {
  frame: null,
  facts: null,
  points: /** @type {{t: number, p: number}[]} */ ([]),
  next: 0, /* number of the point after the newest one held */
  link: /** @type {'live'|'polling'|'offline'} */ ('live'),
};

const reset = document.getElementById('reset');
const chart = new Scatter(document.getElementById('chart'), {
  hover: showTip,
  moved: (moved) => { reset.hidden = !moved; },
});
reset.addEventListener('click', () => chart.reset());
document.getElementById('table').addEventListener('toggle', draw);

function draw() {
  const { frame, facts, points } = state;
  render(state);
  const band = frame && frame.low !== undefined ? { low: frame.low, high: frame.high } : null;
  chart.show(points, frame ? frame.spot ?? frame.price : null, band, facts ? facts.chart : null);
}

/** Points are numbered, so what comes twice (a greeting beside a broadcast) is seen once. */
function apply(frame) {
  state.frame = frame;
  frame.transactions.forEach((point, i) => {
    if (frame.first + i < state.next) return;
    state.points.push({ t: point.timestamp, p: point.price });
    state.next = frame.first + i + 1;
  });
  if (state.points.length > POINTS_MAX) state.points.splice(0, state.points.length - POINTS_MAX);
  draw();
}

async function readFacts() {
  try {
    state.facts = await readOracle();
  } catch {
    /* the socket's state says what is wrong */
  }
  draw();
}

openSocket('/ws/mempool', {
  frame: apply,
  reload: () => {
    state.points = [];
    state.next = 0;
    readFacts();
  },
  state: (link) => {
    state.link = link;
    draw();
  },
});
setInterval(readFacts, FACTS_MS);
