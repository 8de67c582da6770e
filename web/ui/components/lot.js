/**
 * A lot in words: its status, its price, what happens next and when. For cards, tables and the lot's own page.
 */
import { btc, duration, integer, quantity, shorten } from '../lib/format.js';
import { clean, el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { BLOCK_S, confirmationsOf, nextEvent } from '../lib/lots.js';
import { badge } from './badge.js';
import { priceHint } from './price-hint.js';

const LEVEL = { upcoming: 'info', active: 'accent', finished: 'accent', sold: 'good', closed: 'bad', expired: '' };

/** "2 h" for blocks, said as the guess it is. @param {number} blocks */
export const roughly = (blocks) => t('lot.roughly', { time: duration(blocks * BLOCK_S) });

/** @param {Listing} lot */
export function lotBadge(lot) {
  const provisional = lot.spend?.state === 'pending';
  const text = t(`lot.status.${lot.status}`);
  return badge(provisional ? t('lot.provisional', { status: text }) : text, LEVEL[lot.status], { provisional });
}

/** What happens next, or how it ended. @param {Listing} lot @param {number} height */
export function lotState(lot, height) {
  const next = nextEvent(lot, height);
  if (next) return `${t(`lot.next.${next.what}`, { n: next.blocks })} · ${roughly(next.blocks)}`;
  if (lot.status === 'expired') return t('lot.ended.expired');
  const { spend } = lot;
  if (!spend || spend.state === 'unknown') return t('lot.ended.unknown');
  if (spend.state === 'pending') return t(`lot.ended.${lot.status}Pending`);
  return `${t(`lot.ended.${lot.status}`, { block: spend.block })} · ${t('lot.confirmations', { n: confirmationsOf(lot, height) })}`;
}

/** @param {Amount} it one of a lot's assets */
export const units = (it) => t('lot.units', { amount: quantity(it.quantity, it.divisible), n: Number(it.quantity) / (it.divisible ? 1e8 : 1) });

/** How much of it, or how many assets a bundle holds. @param {Listing} lot */
export const lotQuantity = (lot) => (lot.assets.length > 1 ? t('lot.bundle', { n: lot.assets.length }) : units(lot.assets[0]));

/** @param {Listing} lot */
export function lotName({ assets: [first, ...more] }) {
  return more.length ? t('lot.andMore', { asset: clean(first.asset), n: more.length }) : clean(first.asset);
}

/** Who sells it, cut in the middle. @param {Listing} lot */
export const lotSeller = (lot) => el('code', { title: clean(lot.seller) }, shorten(clean(lot.seller), 6));

/** @param {Listing} lot */
export function lotPrice(lot) {
  if (lot.price_sats === null) return el('p', { class: 'now' }, el('span', { class: 'price none' }, lot.reveal.kind === 'not_live' ? t('lot.price.waiting') : t('lot.price.none')));
  return el('div', { class: 'now' },
    el('span', { class: 'price' }, integer(lot.price_sats), el('small', {}, ' sat')),
    el('span', { class: 'worth' }, el('span', {}, btc(lot.price_sats)), priceHint(lot.price_sats)));
}

/** What everybody should know before buying it. @param {Listing} lot */
export const lotWarnings = (lot) => [
  lot.locked ? null : el('p', { class: 'warn' }, t('lot.unlocked')),
  lot.spend?.asset_returned ? el('p', { class: 'warn' }, t('lot.assetReturned')) : null,
];
