/**
 * One lot: what it is, what it costs now, how to buy it, what has happened to it. The stream keeps it up to date.
 */
import { el } from '../lib/html.js';
import { listLots, readCurrentPsbt, readLot, readLotEvents } from '../lib/api-market.js';
import { follow, link, node } from '../lib/box.js';
import { integer, moment } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { isOpen, isSecret } from '../lib/lots.js';
import { followPriceHint } from '../lib/price-hint.js';
import { fromBase64 } from '../lib/psbt.js';
import { linkButton } from '../components/button.js';
import { copyButton, downloadButton } from '../components/copy-box.js';
import { ladder } from '../components/ladder-chart.js';
import { listingCard } from '../components/listing-card.js';
import { lotBadge, lotName, lotPrice, lotQuantity, lotState, lotWarnings } from '../components/lot.js';
import { judge } from '../components/node-state.js';
import { message, pageHead, panel } from '../components/panel.js';
import { qrParts } from '../components/qr-parts.js';
import { factsPanel, historyPanel, ladderTable, meaningPanel } from './lot-facts.js';
import { purchasePanel, restorePurchase } from './lot-purchase.js';

const OTHERS = 4;
const CHART_HEIGHT = 130;

export const title = (page) => lotName(page.data.lot);

/** The PSBT is asked for only where there is one; a node that is behind leaves it out. */
async function currentPsbt(lot) {
  if (lot.reveal.kind !== 'rung') return null;
  try {
    return (await readCurrentPsbt(String(lot.id))).psbt?.psbt_data ?? null;
  } catch (problem) {
    if (problem.status === 503) return null;
    throw problem;
  }
}

export async function load(page) {
  restorePurchase(page);
  const lot = await readLot(page.params.id);
  const [psbt, events, others] = await Promise.all([
    currentPsbt(lot),
    readLotEvents(lot.id),
    lot.seller ? listLots({ seller: lot.seller, limit: OTHERS + 1 }, page.left) : { items: [] },
  ]);
  return { lot: { ...lot, psbt }, events: events.items, others: new Map(others.items.filter(({ id }) => id !== lot.id).slice(0, OTHERS).map((each) => [each.id, each])) };
}

const eventful = ({ spend, end_block: end }) => JSON.stringify([spend, end]);

function take(page, lot) {
  const { data } = page;
  if (data.others.has(lot.id)) data.others.set(lot.id, lot);
  if (lot.id !== data.lot.id) return;
  if (eventful(lot) !== eventful(data.lot)) {
    readLotEvents(lot.id).then(({ items }) => {
      data.events = items;
      page.draw();
    }, () => undefined); /* they come with the next change */
  }
  data.lot = lot;
}

export function open(page) {
  follow({
    frame: (frame) => {
      if (frame.type === 'listing') take(page, frame.data);
      page.draw();
    },
    reload: page.refresh,
  }, page);
  node.listen(page.draw, page.left);
  link.listen(page.draw, page.left);
  followPriceHint(page.draw, page.left);
  page.every(15000, page.draw);
}

function pricePanel(lot, height) {
  return panel({ id: 'price', title: t('lot.priceTitle'), actions: [lotBadge(lot)], class: lot.status },
    lotPrice(lot),
    el('p', { class: 'countdown', role: 'status' }, lotState(lot, height)),
    ladder(lot, height, { height: CHART_HEIGHT }),
    lotWarnings(lot),
    isSecret(lot) ? null : ladderTable(lot, height));
}

/** The seller's half as it is, for people and programs who build the rest themselves. */
function psbtPanel(lot) {
  if (!lot.psbt) return null;
  const block = lot.reveal.block_number;
  return panel({ id: 'psbt', title: t('lot.psbtTitle'), intro: t('lot.psbtIntro') },
    el('div', { class: 'copy-box' },
      el('textarea', { id: `psbt-${block}`, readonly: true, rows: 4, spellcheck: 'false', 'aria-label': t('lot.psbtText', { block: integer(block) }) }, lot.psbt),
      el('div', { class: 'row' }, copyButton(lot.psbt), downloadButton(fromBase64(lot.psbt), `gavel-${lot.id}-block-${block}.psbt`))),
    qrParts({ id: `psbt-qr-${block}`, label: t('lot.psbtText', { block: integer(block) }), bytes: () => fromBase64(lot.psbt), type: 'P' }));
}

export function render(page) {
  const { lot, others } = page.data;
  const height = node.get()?.height ?? 0;
  const detail = link.get() === 'offline' ? '' : judge(node.get(), link.get()).detail;
  return [
    pageHead(lotName(lot), {
      intro: `${lotQuantity(lot)} · ${t('lot.number', { id: String(lot.id) })} · ${t('lot.listed', { when: moment(lot.created_at) })}`,
      actions: [linkButton({ href: '/', label: t('lot.toMarket'), icon: 'back' })],
    }),
    el('div', { class: 'stack' },
      detail ? message('wait', detail) : null,
      el('div', { class: 'lot-page' },
        el('div', { class: 'stack' }, pricePanel(lot, height), purchasePanel(page, height), isOpen(lot) ? psbtPanel(lot) : null),
        el('div', { class: 'stack' }, factsPanel(lot, node.get()), historyPanel(page, height), meaningPanel(lot))),
      others.size ? el('section', { class: 'stack', 'aria-labelledby': 'others' },
        el('h2', { id: 'others' }, t('lot.others')),
        el('div', { class: 'listings' }, [...others.values()].map((other) => listingCard(other, height)))) : null),
  ];
}
