/**
 * One listing: price, countdown in blocks, ladder, and the PSBT to copy or download.
 * @module
 */
import { clean, el } from '../lib/html.js';
import { btc, count, integer, quantity, shorten } from '../lib/format.js';
import { downloadButton } from './copy-box.js';
import { ladderChart } from './ladder-chart.js';
import { priceHint } from './price-hint.js';

const STATUS = {
  upcoming: 'Upcoming',
  active: 'Live',
  finished: 'Last price',
  sold: 'Sold',
  closed: 'Withdrawn',
  expired: 'Expired',
};

/** What the price means now, and how long it stands. */
function countdown(listing, height) {
  switch (listing.status) {
    case 'upcoming':
      return `starts in ${count(listing.start_block - height, 'block')}`;
    case 'active': {
      const left = listing.end_block - height;
      return left === 0 ? 'last price, no further step' : `${count(left, 'block')} left, next price in 1 block`;
    }
    case 'finished':
      return `final price for ${count(listing.end_block + listing.blocks_after_end - height, 'more block')}`;
    case 'sold':
      return spendText(listing, 'bought');
    case 'closed':
      return spendText(listing, 'spent by other means');
    default:
      return 'nobody bought it';
  }
}

function spendText(listing, verb) {
  const spend = listing.spend;
  if (!spend || spend.state === 'unknown') return 'spent while the box was away';
  if (spend.state === 'pending') return `${verb}, waiting for a block`;
  return `${verb} in block ${integer(spend.block)}, ${count(spend.confirmations, 'confirmation')}`;
}

function units(listing) {
  const text = quantity(listing.quantity, listing.divisible);
  return `${text} ${text === '1' ? 'unit' : 'units'}`;
}

function badge(listing) {
  const provisional = listing.spend && listing.spend.state === 'pending';
  return el('span', { class: `badge ${listing.status}${provisional ? ' provisional' : ''}` },
    provisional ? `${STATUS[listing.status]} (unconfirmed)` : STATUS[listing.status]);
}

function warnings(listing) {
  const list = [];
  if (!listing.locked) list.push('Not height-locked: these PSBTs were usable from the start if they leaked.');
  if (listing.spend && listing.spend.asset_returned) list.push('The asset went back to the seller: the buyer built the transaction wrongly.');
  return list.map((text) => el('p', { class: 'warn' }, text));
}

/** Copying needs a secure context; a text box works everywhere. */
function psbtBox(listing) {
  if (!listing.psbt) return null;
  const box = el('textarea', { class: 'psbt', readonly: true, rows: 3, spellcheck: 'false', 'aria-label': 'PSBT, base64' }, listing.psbt);
  const copy = el('button', {
    type: 'button',
    onclick: async () => {
      box.select();
      if (navigator.clipboard) await navigator.clipboard.writeText(listing.psbt);
      else document.execCommand('copy');
      copy.textContent = 'Copied';
      setTimeout(() => { copy.textContent = 'Copy PSBT'; }, 1500);
    },
  }, 'Copy PSBT');
  const bytes = Uint8Array.from(atob(listing.psbt), (c) => c.charCodeAt(0));
  const save = downloadButton(bytes, `gavel-${listing.id}-block-${listing.reveal.block_number}.psbt`);
  return el('details', { class: 'buy' },
    el('summary', {}, `Buy for ${integer(listing.price_sats)} sat`),
    el('p', {}, 'This is the seller’s signed half for this block. Your transaction must have your own input and output first and this pair second, or the asset returns to the seller. ',
      el('code', {}, `POST /api/v1/dutch/${listing.id}/purchase`), ' builds it for you to sign.'),
    box,
    el('div', { class: 'actions' }, copy, save));
}

/**
 * @param {import('../lib/api.js').Listing} listing
 * @param {number} height
 * @returns {HTMLElement}
 */
export function listingCard(listing, height) {
  const price = listing.price_sats === null
    ? el('span', { class: 'price none' }, listing.reveal.kind === 'not_live' ? 'waiting for the node' : '—')
    : el('span', { class: 'price' }, integer(listing.price_sats), el('small', {}, ' sat'));
  return el('article', { class: `card ${listing.status}`, 'data-id': listing.id, 'data-key': listing.id, 'aria-labelledby': `asset-${listing.id}` },
    el('header', {},
      el('div', {},
        el('h2', { id: `asset-${listing.id}` }, clean(listing.asset)),
        el('p', { class: 'quantity' }, `${units(listing)} · lot ${listing.id}`)),
      badge(listing)),
    el('div', { class: 'now' }, price,
      listing.price_sats === null ? null : el('span', { class: 'btc' }, btc(listing.price_sats)),
      listing.price_sats === null ? null : priceHint(listing.price_sats)),
    el('p', { class: 'countdown' }, countdown(listing, height)),
    ladderChart(listing, height),
    el('p', { class: 'range' },
      el('span', {}, `${integer(listing.start_price_sats)} at ${integer(listing.start_block)}`),
      el('span', {}, `${integer(listing.end_price_sats)} at ${integer(listing.end_block)}`)),
    listing.seller ? el('p', { class: 'seller' }, 'Seller ', el('code', { title: listing.seller }, shorten(listing.seller, 8))) : null,
    ...warnings(listing),
    psbtBox(listing));
}
