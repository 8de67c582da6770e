/**
 * The market: filters, cards, and the states of having nothing to show.
 * @module
 */
import { el } from '../lib/html.js';
import { listListings } from '../lib/api.js';
import { follow, link, node } from '../lib/box.js';
import { integer } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { followPriceHint } from '../lib/price-hint.js';
import { setQuery } from '../lib/router.js';
import { listingCard } from '../components/listing-card.js';
import { judge } from '../components/node-state.js';
import { message, pageHead } from '../components/panel.js';
import { empty } from '../components/states.js';

const FILTERS = [
  { id: 'open', statuses: ['active', 'finished'] },
  { id: 'upcoming', statuses: ['upcoming'] },
  { id: 'sold', statuses: ['sold'] },
  { id: 'all', statuses: null },
];

const passes = (filter, listing) => filter.statuses === null || filter.statuses.includes(listing.status);

export const title = () => t('market.title');

export async function load() {
  const { items } = await listListings();
  return new Map(items.map((listing) => [listing.id, listing]));
}

export function open(page) {
  follow({
    frame: (frame) => {
      if (frame.type === 'listing') page.data.set(frame.data.id, frame.data);
      page.draw();
    },
    reload: () => page.reload().catch(() => undefined), /* the shell says that the box does not answer */
  }, page.left);
  node.listen(page.draw, page.left);
  link.listen(page.draw, page.left);
  followPriceHint(page.draw, page.left);
  page.every(15000, page.draw); /* "3 min ago" grows old */
}

function filters(all, chosen, choose) {
  return el('nav', { class: 'filters', 'aria-label': t('market.filters') }, FILTERS.map((filter) => el('button', {
    type: 'button',
    id: `filter-${filter.id}`,
    'aria-pressed': String(filter === chosen),
    onclick: () => choose(filter.id),
  }, t(`market.filter.${filter.id}`), el('span', { class: 'number' }, ` ${integer(all.filter((l) => passes(filter, l)).length)}`))));
}

export function render(page) {
  const chosen = FILTERS.find(({ id }) => id === (page.state.filter ?? page.query.get('show'))) ?? FILTERS[0];
  const all = [...page.data.values()];
  const shown = all.filter((listing) => passes(chosen, listing)).sort((a, b) => b.id - a.id);
  const detail = link.get() === 'offline' ? '' : judge(node.get(), link.get()).detail;
  return [
    pageHead(t('market.title')),
    detail ? message('wait', detail) : null,
    filters(all, chosen, (id) => {
      page.state.filter = id;
      setQuery({ show: id === 'open' ? null : id });
      page.draw();
    }),
    shown.length ? el('section', { class: 'listings', id: 'listings' }, shown.map((listing) => listingCard(listing, node.get()?.height ?? 0)))
      : empty({ title: t(`market.empty.${chosen.id}`) }),
  ];
}
