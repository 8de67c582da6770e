/**
 * Every lot of the box in one table, narrowed by state, newest first.
 */
import { listLots } from '../lib/api-market.js';
import { follow, node } from '../lib/box.js';
import { day, integer, shorten } from '../lib/format.js';
import { clean, el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { isSecret, STATUSES } from '../lib/lots.js';
import { setQuery } from '../lib/router.js';
import { adminPage } from '../components/admin-frame.js';
import { badge } from '../components/badge.js';
import { linkButton } from '../components/button.js';
import { selectField } from '../components/form.js';
import { lotBadge, lotName, lotQuantity, lotState } from '../components/lot.js';
import { empty } from '../components/states.js';
import { moreButton, table } from '../components/table.js';

const PAGE = 50;

export const title = () => t('admin.page.listings');

const statusOf = (page) => {
  const asked = page.state.status ?? page.query.get('status') ?? '';
  return STATUSES.includes(asked) ? asked : '';
};
const filterOf = (page) => ({ status: statusOf(page), sort: 'newest', limit: PAGE });

export const load = (page) => listLots(filterOf(page), page.left);

async function more(page) {
  const { items, next_cursor: cursor } = page.data;
  const next = await listLots({ ...filterOf(page), cursor }, page.left);
  page.data = { items: [...items, ...next.items], next_cursor: next.next_cursor };
  page.draw();
}

async function choose(page, status) {
  page.state.status = status;
  setQuery({ status });
  await page.reload();
}

export function open(page) {
  follow({
    frame: ({ type, data }) => {
      if (type !== 'listing') return;
      const at = page.data.items.findIndex(({ id }) => id === data.id);
      const fits = !statusOf(page) || data.status === statusOf(page);
      if (at >= 0) page.data.items.splice(at, 1, ...(fits ? [data] : []));
      else if (fits && page.data.items.every(({ id }) => id < data.id)) page.data.items.unshift(data);
      page.draw();
    },
    reload: page.refresh,
  }, page);
  node.listen(page.draw, page.left);
}

const lotTable = (items, height) => table({
  caption: t('admin.page.listings'),
  rows: items,
  key: (lot) => lot.id,
  columns: [
    { id: 'id', label: t('listings.number'), cell: (lot) => integer(lot.id) },
    { id: 'asset', label: t('listings.asset'), head: true, cell: (lot) => el('span', {}, el('a', { href: `/lots/${lot.id}` }, lotName(lot)), ' ', el('span', { class: 'soft small' }, lotQuantity(lot))) },
    { id: 'state', label: t('listings.state'), cell: (lot) => el('span', { class: 'badges' }, lotBadge(lot), lot.locked ? null : badge(t('listings.unlocked'), 'wait')) },
    { id: 'next', label: t('listings.next'), cell: (lot) => lotState(lot, height) },
    { id: 'price', label: t('listings.range'), amount: true, cell: (lot) => `${integer(lot.start_price_sats)} – ${isSecret(lot) ? t('listings.reserve') : integer(lot.end_price_sats)}` },
    { id: 'seller', label: t('listings.seller'), cell: (lot) => (lot.seller ? el('code', { title: clean(lot.seller) }, shorten(clean(lot.seller), 5)) : '—') },
    { id: 'created', label: t('listings.created'), cell: (lot) => day(lot.created_at) },
  ],
});

export function render(page) {
  const { items, next_cursor: next } = page.data;
  return adminPage(page, { id: 'listings', intro: t('listings.intro'), actions: [linkButton({ href: '/sell', label: t('listings.sell'), icon: 'tag' })] },
    el('div', { class: 'filter-row', id: 'listings-filter', 'data-island': true }, selectField({
      name: 'status', label: t('listings.show'), chosen: statusOf(page),
      options: [['', t('listings.all')], ...STATUSES.map((status) => [status, t(`lot.status.${status}`)])], onchange: ({ target }) => choose(page, target.value),
    })),
    items.length ? el('div', { class: 'panel', id: 'listings' }, lotTable(items, node.get()?.height ?? 0))
      : empty({ title: t('listings.none'), text: t('listings.noneText'), sign: 'ladder' }),
    moreButton(next ? () => more(page) : null));
}
