/**
 * The history: one of four lengths, read again while it is looked at, as a line and as a table.
 */
import { HistoryChart, holesOf, runsOf } from '../components/history-chart.js';
import { foldedTable } from '../components/folded-table.js';
import { readDays, readHistory } from '../lib/api-oracle.js';
import { boxNow, percent, signedPercent, timeAt, usdExact, usdShort } from '../lib/format.js';
import { el } from '../lib/html.js';
import { t } from '../lib/i18n.js';

const DAY_S = 86400;
/** step: of the samples; row: of the table; every: seconds between readings. */
const RANGES = [
  { id: '1h', span: 3600, step: 1, row: 60, every: 10 },
  { id: '1d', span: DAY_S, step: 60, row: 1800, every: 60 },
  { id: '7d', span: 7 * DAY_S, step: 3600, row: 10800, every: 300 },
  { id: '2y', span: 731 * DAY_S, step: DAY_S, row: DAY_S, every: 600 },
];

const state = {
  range: RANGES[1],
  /** @type {import('../components/history-chart.js').Series|null} null while loading */
  series: null,
  failed: false,
  readAt: 0,
};
/** @type {HistoryChart} */
let chart;

const byId = (id) => document.getElementById(id);
const nowS = () => Math.floor(boxNow() / 1000);

async function readSamples(range, from) {
  if (range.step === DAY_S) {
    const { items } = await readDays();
    return items.map((day) => ({ t: Date.parse(day.date) / 1000, p: day.price, c: day.confidence, text: day.date }));
  }
  /* What is held already is not asked for again, but for the step that is not over. */
  const held = state.series?.samples.filter((sample) => sample.t >= from) ?? [];
  const next = held.pop();
  const { samples } = await readHistory(next ? next.t : from, range.step);
  return held.concat(samples.map(([time, p, c]) => ({ t: time, p, c })));
}

async function read() {
  const { range } = state;
  state.readAt = nowS();
  try {
    const to = nowS();
    const from = to - range.span;
    const samples = await readSamples(range, from);
    if (range !== state.range) return;
    state.series = { samples, step: range.step, from, to };
    state.failed = false;
  } catch {
    if (range !== state.range) return;
    state.failed = true;
  }
  render();
}

function choose(range) {
  state.range = range;
  state.series = null;
  state.failed = false;
  chart.reset();
  render();
  read();
}

function render() {
  const { range, series } = state;
  for (const button of byId('ranges').children) button.setAttribute('aria-pressed', String(button.id === `range-${range.id}`));
  const text = sentence();
  if (byId('history-text').textContent !== text) byId('history-text').textContent = text;
  if (series) chart.show(series);
}

function sentence() {
  const { series, failed } = state;
  if (!series) return t(failed ? 'oracle.historyFailed' : 'oracle.historyReading');
  if (series.samples.length === 0) return t('oracle.historyEmpty');
  const first = series.samples[0].p;
  const last = series.samples.at(-1).p;
  const holes = holesOf(series, runsOf(series)).length;
  const text = t('oracle.historyText', {
    first: usdShort(first),
    last: usdShort(last),
    change: signedPercent(last / first - 1),
    holes: holes === 0 ? t('oracle.holesNone') : t('oracle.holes', { n: holes }),
  });
  return failed ? t('oracle.historyOld', { text }) : text;
}

/** One row a piece of time; a piece without a price is there and says so. */
function rowsOf({ samples, step, from, to }, row) {
  const pieces = new Map(samples.map((sample) => [Math.floor(sample.t / row), sample]));
  const rows = [];
  const oldest = step === DAY_S && samples.length ? samples[0].t : from;
  for (let i = Math.floor(to / row); i >= Math.floor(oldest / row); i--) {
    const sample = pieces.get(i);
    rows.push({
      from: sample?.text ?? timeAt(i * row, step === DAY_S ? 'day' : 'hour'),
      price: sample ? usdExact(sample.p) : t('oracle.noPrice'),
      confidence: sample ? percent(sample.c) : '–',
    });
  }
  return rows;
}

/** Once, when the page is built. */
export function startHistory() {
  chart = new HistoryChart(byId('history'));
  byId('ranges').replaceChildren(...RANGES.map((range) =>
    el('button', { type: 'button', id: `range-${range.id}`, onclick: () => choose(range) }, t(`oracle.length.${range.id}`))));
  foldedTable(byId('samples'), () => ({
    caption: t('oracle.table.historyCaption'),
    columns: { from: t('oracle.column.from'), price: t('oracle.column.price'), confidence: t('oracle.column.confidence') },
    rows: state.series ? rowsOf(state.series, state.range.row) : [],
  }));
  setInterval(() => {
    if (!document.hidden && nowS() - state.readAt >= state.range.every) read();
  }, 1000);
  choose(state.range);
}
