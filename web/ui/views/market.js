/**
 * The market: what is on sale, found by filters, as cards or as a table. The box filters and sorts; what the stream says
 * afterwards is put where it belongs, or taken out.
 */
import { el } from '../lib/html.js';
import { listLots } from '../lib/api-market.js';
import { follow, link, node } from '../lib/box.js';
import { integer } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { byOrder, passes } from '../lib/lots.js';
import { followPriceHint } from '../lib/price-hint.js';
import { button, linkButton } from '../components/button.js';
import { icon } from '../components/icon.js';
import { listingCard } from '../components/listing-card.js';
import { lotBadge, lotName, lotQuantity, lotSeller, lotState } from '../components/lot.js';
import { judge } from '../components/node-state.js';
import { message, pageHead } from '../components/panel.js';
import { priceHint } from '../components/price-hint.js';
import { empty } from '../components/states.js';
import { moreButton, table } from '../components/table.js';
import { chooseFilter, filterBar, filterOf, isNarrow, lookOf } from './market-filters.js';

const PAGE = 24;
const PAGE_MAX = 200;

export const title = () => t('market.title');

/** As many as were shown, so that a reload takes nothing away. */
export async function load(page) {
  const filter = filterOf(page);
  const shown = Math.min(PAGE_MAX, Math.max(PAGE, page.data?.items.size ?? 0));
  const { items, next_cursor: next } = await listLots({ ...filter, limit: shown }, page.left);
  return { filter, items: new Map(items.map((lot) => [lot.id, lot])), next };
}

/** A lot of the stream: into the list, out of it, or beyond what is loaded. */
function take(page, lot) {
  const { filter, items, next } = page.data;
  if (!passes(filter, lot)) {
    items.delete(lot.id);
    return;
  }
  const order = byOrder(filter.sort);
  const beyond = next && [...items.values()].every((other) => order(other, lot) < 0);
  if (items.has(lot.id) || !beyond) items.set(lot.id, lot);
}

async function more(page) {
  const { filter, items, next } = page.data;
  const { items: further, next_cursor: after } = await listLots({ ...filter, limit: PAGE, cursor: next }, page.left);
  for (const lot of further) items.set(lot.id, lot);
  page.data.next = after;
  page.draw();
}

async function refresh(page) {
  page.state.problem = null;
  try {
    await page.reload();
  } catch (problem) {
    if (problem.name === 'AbortError') return;
    if (problem.text === undefined) throw problem;
    page.state.problem = problem;
    page.draw();
  }
}

export function open(page) {
  follow({
    frame: (frame) => {
      if (frame.type === 'listing') take(page, frame.data);
      page.draw();
    },
    reload: () => refresh(page),
  }, page);
  node.listen(page.draw, page.left);
  link.listen(page.draw, page.left);
  followPriceHint(page.draw, page.left);
  page.every(15000, page.draw); /* "3 min ago" grows old */
}

function lotsTable(lots, height) {
  return table({
    caption: t('market.title'),
    rows: lots,
    key: (lot) => lot.id,
    columns: [
      { id: 'asset', label: t('market.column.asset'), head: true, cell: (lot) => el('a', { href: `/lots/${lot.id}` }, lotName(lot)) },
      { id: 'amount', label: t('market.column.amount'), cell: lotQuantity },
      { id: 'price', label: t('market.column.price'), amount: true, cell: (lot) => (lot.price_sats === null ? '—' : [`${integer(lot.price_sats)} sat `, priceHint(lot.price_sats)]) },
      { id: 'status', label: t('market.column.status'), cell: lotBadge },
      { id: 'next', label: t('market.column.next'), cell: (lot) => lotState(lot, height) },
      { id: 'seller', label: t('lot.seller'), cell: (lot) => (lot.seller ? lotSeller(lot) : '—') },
    ],
  });
}

function nothing(page) {
  const reset = () => {
    chooseFilter(page, { q: null, asset: null, seller: null, min: null, max: null });
    refresh(page);
  };
  if (isNarrow(page)) {
    return empty({ title: t('market.noneFound'), text: t('market.noneFoundText'), sign: 'search', actions: [button({ label: t('market.reset'), onclick: reset })] });
  }
  const { show } = lookOf(page);
  return empty({ title: t(`market.empty.${show}`), text: t('market.emptyText'), actions: [linkButton({ href: '/sell', label: t('market.sell'), icon: 'tag' })] });
}

export function render(page) {
  const { items, filter, next } = page.data;
  const height = node.get()?.height ?? 0;
  const lots = [...items.values()].sort(byOrder(filter.sort));
  const detail = link.get() === 'offline' ? '' : judge(node.get(), link.get()).detail;
  const { problem } = page.state;
  return [
    pageHead(t('market.title'), { intro: t('market.intro'), actions: [linkButton({ href: '/sell', label: t('market.sell'), icon: 'tag' })] }),
    el('div', { class: 'stack' },
      detail ? message('wait', detail) : null,
      filterBar(page, () => refresh(page)),
      problem ? message('bad', problem.text, button({ label: t('state.again'), icon: 'refresh', onclick: () => refresh(page) })) : null,
      lots.length === 0 ? nothing(page)
        : lookOf(page).as === 'table' ? el('div', { class: 'panel', id: 'lots-table' }, lotsTable(lots, height))
          : el('section', { class: 'listings', id: 'listings', 'aria-label': t('market.title') }, lots.map((lot) => listingCard(lot, height))),
      moreButton(next ? () => more(page) : null),
      el('p', { class: 'soft small' }, icon('info'), ' ', t('market.own'))),
  ];
}
