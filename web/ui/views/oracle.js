/**
 * The price view: what the box computes, how sure it is, and what it is waiting for.
 * @module
 */
import { el } from '../lib/html.js';
import { integer } from '../lib/format.js';

const usd = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD', maximumFractionDigits: 0 });
const clock = new Intl.DateTimeFormat([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });

const STATE = {
  filling: 'Filling: the window holds too few payments for a price yet.',
  uncertain: 'Uncertain: another price fits nearly as well. Do not rely on this one.',
  stale: 'Stale: the node has sent no transaction for a while.',
  node_behind: 'The node is away or behind its network, so this is not the price of now.',
};
const LINK = {
  live: ['good', 'Live'],
  polling: ['wait', 'Polling'],
  offline: ['bad', 'Box offline'],
};
const ROWS = 20;

/** @param {number} v */
const level = (v) => (v >= 0.8 ? 'high' : v >= 0.5 ? 'medium' : 'low');

/** @param {{frame: any, facts: any, points: {t: number, p: number}[], link: 'live'|'polling'|'offline'}} state */
export function render(state) {
  const { frame, facts, link } = state;
  const [dot, text] = LINK[link];
  document.getElementById('link').replaceChildren(el('span', { class: `dot ${dot}`, 'aria-hidden': 'true' }), el('strong', {}, text));
  renderNotice(frame, link);
  renderPrice(frame);
  renderConfidence(frame);
  renderFacts(facts);
  if (document.getElementById('table').open) renderRows(state.points);
}

function renderNotice(frame, link) {
  const notice = document.getElementById('notice');
  const filling = frame && frame.state === 'filling' && frame.filled < 1 ? ` ${Math.round(frame.filled * 100)} % read.` : '';
  const text = link === 'offline' ? 'This page has lost the box and keeps trying. What you see is the last known state.'
    : frame && STATE[frame.state] ? STATE[frame.state] + filling : '';
  notice.hidden = text === '';
  if (notice.textContent !== text) notice.textContent = text;
}

function renderPrice(frame) {
  const price = document.getElementById('price');
  const known = frame && frame.price !== null;
  price.textContent = known ? usd.format(frame.spot ?? frame.price) : 'No price yet';
  price.classList.toggle('faded', !known || frame.state !== 'ok');
  document.title = known ? `${price.textContent} · gavel` : 'gavel: price';
  const parts = [];
  if (known && frame.low !== undefined) parts.push(`${usd.format(frame.low)} to ${usd.format(frame.high)}`);
  if (known) parts.push(`median of the window ${usd.format(frame.price)}`);
  document.getElementById('range').textContent = parts.join(' · ');
}

function renderConfidence(frame) {
  const value = frame && frame.price !== null ? frame.confidence : 0;
  document.getElementById('confidence').replaceChildren(
    el('span', {}, 'Confidence ', el('strong', {}, level(value))),
    el('meter', { min: 0, max: 1, low: 0.5, high: 0.8, optimum: 1, value, 'aria-label': 'Confidence' }));
}

function renderFacts(facts) {
  if (!facts) return;
  const rows = [
    ['Payments counted', integer(facts.window.counted)],
    ['Price points', integer(facts.window.points)],
    ['Transactions seen', integer(facts.window.received)],
    ['Replaced or evicted', integer(facts.window.replaced + facts.window.evicted)],
    ['Window', `${facts.window.seconds / 3600} h`],
    ['Source', 'own node'],
  ];
  document.getElementById('facts').replaceChildren(...rows.map(([name, value]) =>
    el('div', {}, el('dt', {}, name), el('dd', {}, value))));
}

function renderRows(points) {
  const rows = points.slice(-ROWS).reverse().map(({ t, p }) =>
    el('tr', {}, el('td', {}, clock.format(t * 1000)), el('td', {}, usd.format(p))));
  document.getElementById('rows').replaceChildren(
    el('table', {}, el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'Time'), el('th', { scope: 'col' }, 'USD per BTC'))), el('tbody', {}, ...rows)));
}

/** @param {{t: number, p: number}|null} point */
export function showTip(point, x, y) {
  const tip = document.getElementById('tip');
  tip.hidden = point === null;
  if (point === null) return;
  tip.textContent = `${usd.format(point.p)} at ${clock.format(point.t * 1000)}`;
  tip.style.left = `${x}px`;
  tip.style.top = `${y}px`;
}
