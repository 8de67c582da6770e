/**
 * One lot in the market: what it is, what it costs now, what happens next.
 */
import { el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { isOpen } from '../lib/lots.js';
import { linkButton } from './button.js';
import { ladder } from './ladder-chart.js';
import { lotBadge, lotName, lotPrice, lotQuantity, lotSeller, lotState, lotWarnings } from './lot.js';

/**
 * @param {Listing} lot
 * @param {number} height
 * @returns {HTMLElement}
 */
export const listingCard = (lot, height) =>
  el('article', { class: `card ${lot.status}`, 'data-id': lot.id, 'data-key': lot.id, 'aria-labelledby': `asset-${lot.id}` },
    el('header', {},
      el('div', {},
        el('h2', { id: `asset-${lot.id}` }, el('a', { href: `/lots/${lot.id}` }, lotName(lot))),
        el('p', { class: 'quantity' }, `${lotQuantity(lot)} · ${t('lot.number', { id: String(lot.id) })}`)),
      lotBadge(lot)),
    lotPrice(lot),
    el('p', { class: 'countdown' }, lotState(lot, height)),
    ladder(lot, height),
    lotWarnings(lot),
    el('footer', {},
      lot.seller ? el('p', { class: 'seller' }, t('lot.seller'), ' ', lotSeller(lot)) : el('span'),
      isOpen(lot) && lot.price_sats !== null && !lot.spend
        ? linkButton({ href: `/lots/${lot.id}`, label: t('lot.buyFor', { price: lot.price_sats }), kind: 'primary' }) : null));
