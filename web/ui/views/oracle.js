/**
 * The price view: what the box computes, how sure it is, and what it is waiting for.
 */
import { foldedTable } from '../components/folded-table.js';
import { integer, duration, percent, timeAt, usdExact, usdShort } from '../lib/format.js';
import { el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { renderDays } from './oracle-days.js';
import { noticeOf, renderNotice } from './oracle-notice.js';

const LINK_LEVEL = { live: 'good', polling: 'wait', offline: 'bad', off: 'wait' };
const BLOCK_STATES = ['filling', 'short', 'node_behind'];
const HOUR_S = 3600;
const SPEAK_MS = 60000;
/** Differences below this are none. */
const SAME = 0.00005;

const byId = (id) => document.getElementById(id);

/** @param {Element} node @param {string} text written only when it is another one */
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** @param {number} v @returns {'high'|'medium'|'low'} */
const level = (v) => (v >= 0.8 ? 'high' : v >= 0.5 ? 'medium' : 'low');
const confidenceText = (v) => t(`oracle.confidence.${level(v)}`, { share: percent(v) });

/** Once, when the page is built. @param {{points: {t: number, p: number}[], blocks: any[]}} state that tables read when they are opened */
export function startTables(state) {
  foldedTable(byId('points'), () => ({
    caption: t('oracle.table.pointsCaption', { n: state.points.length }),
    columns: { time: t('oracle.column.time'), price: t('oracle.column.price') },
    rows: state.points.map((point) => ({ time: timeAt(point.t, 'second'), price: usdExact(point.p) })).reverse(),
  }));
  foldedTable(byId('blocks'), () => ({
    caption: t('oracle.table.blocksCaption'),
    columns: { height: t('oracle.column.block'), time: t('oracle.column.time'), price: t('oracle.column.price') },
    rows: state.blocks.map((block) => ({
      height: integer(block.height), time: timeAt(block.time, 'hour'), price: usdExact(block.price),
    })).reverse(),
  }));
}

/**
 * @param {any} state of the page
 * @param {any} now newest message; null: none yet
 */
export function render(state, now) {
  const notice = noticeOf(state, now);
  const known = now !== null && now.price !== null;
  renderLink(state);
  renderNotice(notice);
  renderPrice(known ? now : null, notice);
  renderConfidence(known ? now.confidence : null);
  renderFigures(state.facts, known ? now : null);
  renderProgress(state.facts?.block);
  renderFacts(state.facts);
  renderDays(state.days);
  byId('legend').classList.toggle('faded', notice !== null);
  byId('legend-blocks').hidden = state.blocks.length === 0;
  byId('blocks').hidden = state.blocks.length === 0;
  if (known) speak(now, notice);
}

function renderLink({ link, off }) {
  const key = off ? 'off' : link;
  const place = byId('link');
  if (place.dataset.link === key) return;
  const polls = key === 'polling';
  place.dataset.link = key;
  place.title = polls ? t('oracle.pollingHelp') : '';
  place.replaceChildren(
    el('span', { class: `dot ${LINK_LEVEL[key]}`, 'aria-hidden': 'true' }),
    el('strong', {}, t(`oracle.link.${key}`)),
    el('span', { class: 'facts' }, polls ? t('oracle.pollingFacts') : ''));
}

const stateWord = (notice) => t(`oracle.state.${notice?.kind ?? 'live'}`);

/** @param {any} now null: there is no price */
function renderPrice(now, notice) {
  const price = byId('price');
  const text = now ? usdShort(now.spot ?? now.price) : t('oracle.none');
  write(price, text);
  price.dataset.state = now ? notice?.kind ?? 'live' : 'none';
  document.title = t('oracle.titleWith', { price: now ? text : t('oracle.title') });
  const badge = byId('state');
  write(badge, stateWord(notice));
  badge.dataset.state = notice?.kind ?? 'live';
  /* The rate is measured for prices that stand; for others nothing is promised. */
  const isSure = now && !notice && now.low !== undefined;
  write(byId('range'), isSure ? t('oracle.range', { low: usdShort(now.low), high: usdShort(now.high) }) : '');
}

let confidenceShown;

function renderConfidence(value) {
  const rounded = value === null ? null : Math.round(value * 100) / 100;
  if (rounded === confidenceShown) return;
  confidenceShown = rounded;
  byId('confidence').replaceChildren(...(rounded === null ? [] : [
    el('span', {}, `${t('oracle.confidence')} `, el('strong', {}, confidenceText(rounded))),
    el('meter', { min: 0, max: 1, low: 0.5, high: 0.8, optimum: 1, value: rounded, 'aria-label': t('oracle.confidence') }),
  ]));
}

/** Terms are made once for a set of names; then only their values are written. */
function renderList(place, rows) {
  const names = rows.map(([name]) => name).join();
  if (place.dataset.names !== names) {
    place.dataset.names = names;
    place.replaceChildren(...rows.map(([name]) => el('div', {}, el('dt', {}, name), el('dd', {}))));
  }
  rows.forEach(([, value], i) => write(place.children[i].lastChild, value));
}

/** A price, and how far it is from the one of now. */
function beside(price, other) {
  const ratio = price / other - 1;
  if (Math.abs(ratio) < SAME) return usdExact(price);
  const parts = { value: usdExact(price), share: percent(Math.abs(ratio), 2) };
  return ratio < 0 ? t('oracle.below', parts) : t('oracle.above', parts);
}

function renderFigures(facts, now) {
  const rows = [];
  const reference = now ? now.spot ?? now.price : null;
  if (now) {
    rows.push([t('oracle.spot'), now.spot === undefined || now.spot === null ? t('oracle.spotNone') : usdExact(now.spot)]);
    if (facts) rows.push([t('oracle.median', { n: facts.window.seconds / HOUR_S }), beside(now.price, reference)]);
  }
  const block = facts?.block;
  if (block && block.price !== null) {
    rows.push([t('oracle.lastBlocks', { n: block.blocks }), reference ? beside(block.price, reference) : usdExact(block.price)]);
  }
  renderList(byId('figures'), rows);
}

/** The block view is made in the background; its progress is told until it stands. */
function renderProgress(block) {
  const place = byId('progress');
  place.hidden = !block || !BLOCK_STATES.includes(block.state);
  if (place.hidden) return;
  if (!place.firstChild) place.append(el('span', {}), el('progress', { max: 1, 'aria-label': t('oracle.blocksRead') }));
  write(place.firstChild, t(`oracle.blocks.${block.state}`, { blocks: block.blocks, of: block.of }));
  place.lastChild.hidden = block.state !== 'filling';
  place.lastChild.value = block.progress;
}

function renderFacts(facts) {
  if (!facts) return;
  const { window } = facts;
  renderList(byId('facts'), [
    [t('oracle.fact.counted'), integer(window.counted)],
    [t('oracle.fact.points'), integer(window.points)],
    [t('oracle.fact.received'), integer(window.received)],
    [t('oracle.fact.gone'), integer(window.replaced + window.evicted)],
    [t('oracle.fact.window'), duration(window.seconds)],
    [t('oracle.fact.source'), t('oracle.fact.ownNode')],
  ]);
}

let spokenAt = -Infinity;
let spokenWord = '';

/** Whoever listens hears the price once a minute, not twice a second, and at once when it is another state. */
function speak(now, notice) {
  const state = stateWord(notice);
  if (state === spokenWord && performance.now() - spokenAt < SPEAK_MS) return;
  spokenAt = performance.now();
  spokenWord = state;
  const price = usdShort(now.spot ?? now.price);
  byId('spoken').textContent = t('oracle.spoken', { price, level: confidenceText(now.confidence), state });
}
