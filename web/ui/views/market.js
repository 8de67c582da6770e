/**
 * The market view: filters, cards, and the states of having nothing to show.
 * @module
 */
import { el } from '../lib/html.js';
import { integer } from '../lib/format.js';
import { judge, nodeState } from '../components/node-state.js';
import { listingCard } from '../components/listing-card.js';

const FILTERS = [
  { id: 'open', text: 'On sale', statuses: ['active', 'finished'] },
  { id: 'upcoming', text: 'Upcoming', statuses: ['upcoming'] },
  { id: 'sold', text: 'Sold', statuses: ['sold'] },
  { id: 'all', text: 'All', statuses: null },
];

const EMPTY = {
  open: 'Nothing is on sale right now.',
  upcoming: 'No auction is waiting to start.',
  sold: 'Nothing has been sold yet.',
  all: 'No listing yet. Sellers list through POST /api/v1/dutch with an API key.',
};

/** @param {{statuses: string[]|null}} filter @param {import('../lib/api.js').Listing} listing */
const passes = (filter, listing) => filter.statuses === null || filter.statuses.includes(listing.status);

/**
 * @param {Object} state
 * @param {Map<number, import('../lib/api.js').Listing>|null} state.listings null while loading
 * @param {import('../lib/api.js').NodeState|null} state.node
 * @param {'live'|'polling'|'offline'} state.link
 * @param {string|null} state.error
 * @param {string} state.filter
 * @param {(id: string) => void} choose
 */
export function render(state, choose) {
  document.getElementById('node').replaceChildren(...nodeState(state.node, state.link));
  renderNotice(state);
  renderFilters(state, choose);
  renderListings(state);
}

function renderNotice(state) {
  const notice = document.getElementById('notice');
  const text = state.error || judge(state.node, state.link).detail;
  notice.hidden = !text;
  if (notice.textContent !== text) notice.textContent = text;
}

function renderFilters(state, choose) {
  const all = state.listings ? [...state.listings.values()] : [];
  const buttons = FILTERS.map((filter) => el('button', {
    type: 'button',
    id: `filter-${filter.id}`,
    'aria-pressed': String(filter.id === state.filter),
    onclick: () => choose(filter.id),
  }, filter.text, el('span', { class: 'number' }, integer(all.filter((l) => passes(filter, l)).length))));
  const focused = document.activeElement && document.activeElement.id;
  document.getElementById('filters').replaceChildren(...buttons);
  if (focused && focused.startsWith('filter-')) document.getElementById(focused).focus();
}

/** Cards are replaced one by one and only when they changed, so an open PSBT box stays open. */
const drawn = new Map();

function renderListings(state) {
  const section = document.getElementById('listings');
  section.setAttribute('aria-busy', String(state.listings === null));
  if (state.listings === null) {
    section.replaceChildren(...[1, 2, 3].map(() => el('div', { class: 'card skeleton', 'aria-hidden': 'true' })));
    return;
  }
  const filter = FILTERS.find((f) => f.id === state.filter);
  const height = state.node ? state.node.height : 0;
  const shown = [...state.listings.values()].filter((l) => passes(filter, l)).sort((a, b) => b.id - a.id);
  if (shown.length === 0) {
    section.replaceChildren(el('p', { class: 'empty' }, EMPTY[filter.id]));
    return;
  }
  section.replaceChildren(...shown.map((listing) => card(listing, height)));
}

function card(listing, height) {
  const key = `${height}:${JSON.stringify(listing)}`;
  const old = drawn.get(listing.id);
  if (old && old.key === key) return old.node;
  const node = listingCard(listing, height);
  const wasOpen = old && old.node.querySelector('details[open]');
  const details = node.querySelector('details');
  if (wasOpen && details) details.open = true;
  if (old && old.price !== listing.price_sats) node.classList.add('changed');
  const saved = old && old.node.querySelector('a[download]');
  if (saved) URL.revokeObjectURL(saved.href);
  drawn.set(listing.id, { key, node, price: listing.price_sats });
  return node;
}
