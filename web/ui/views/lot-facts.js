/**
 * What is known of a lot and where from, what has happened to it, and what its status means in plain words.
 */
import { clean, el } from '../lib/html.js';
import { ago, integer, moment, quantity } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { BLOCK_S, confirmationsOf, isEven, isSecret, rungsOf } from '../lib/lots.js';
import { badge } from '../components/badge.js';
import { copyButton } from '../components/copy-box.js';
import { roughly } from '../components/lot.js';
import { facts, panel } from '../components/panel.js';
import { priceHint } from '../components/price-hint.js';
import { table } from '../components/table.js';

const REVEALS_SHOWN = 5;

const code = (text) => el('code', {}, clean(text));
/** Long names of things on the chain, with a way to take them along. */
const chainText = (text) => el('span', { class: 'chain-text' }, code(text), copyButton(text));

/** @param {Listing} lot @param {NodeState|null} node */
export function factsPanel(lot, node) {
  const height = node?.indexer?.ready ? t('lot.fact.indexerAt', { block: node.indexer.height }) : t('lot.fact.indexerAway');
  return panel({ id: 'facts', title: t('lot.factsTitle') },
    facts([
      ...lot.assets.flatMap((it) => [
        [t('lot.fact.asset'), clean(it.asset)],
        [t('lot.fact.quantity'), `${quantity(it.quantity, it.divisible)} ${it.divisible ? t('lot.fact.divisible') : t('lot.fact.indivisible')}`],
      ]),
      [t('lot.fact.source'), [el('span', {}, t('lot.fact.sourceText', { when: ago(lot.created_at) })), el('br'), el('small', { class: 'soft' }, height)]],
      [t('lot.fact.blocks'), t('lot.fact.blocksText', { from: lot.start_block, to: lot.end_block })],
      [t('lot.fact.reserve'), isSecret(lot) ? t(lot.reserve?.reached ? 'lot.fact.reserveReached' : 'lot.fact.reserveHidden') : null],
      [t('lot.fact.after'), t('lot.fact.afterText', { n: lot.blocks_after_end })],
      [t('lot.fact.locked'), lot.locked ? t('lot.fact.lockedYes') : badge(t('lot.fact.lockedNo'), 'bad')],
      [t('lot.fact.value'), `${integer(lot.utxo.value_sats)} sat`],
    ]),
    el('dl', { class: 'long-facts' },
      el('dt', {}, t('lot.fact.utxo')), el('dd', {}, chainText(`${lot.utxo.txid}:${lot.utxo.vout}`)),
      lot.seller ? [el('dt', {}, t('lot.seller')), el('dd', {}, chainText(lot.seller))] : null));
}

/** Every step, for whoever does not see the chart. @param {Listing} lot @param {number} height @param {string} [id] another one for other prices, as after an extension */
export function ladderTable(lot, height, id = `ladder-table-${lot.end_block}`) {
  const passed = (block) => (block < height ? 'passed' : block === height ? 'now' : 'ahead');
  const when = (block) => (block > height ? roughly(block - height) : t(`lot.ladder.${passed(block)}`));
  const fill = ({ currentTarget: fold }) => fold.lastElementChild.replaceChildren(...(fold.open ? [table({
    caption: t('lot.ladder.caption'),
    cards: false,
    rows: rungsOf(lot),
    key: ({ block }) => block,
    columns: [
      { id: 'block', label: t('lot.ladder.block'), head: true, cell: ({ block }) => integer(block) },
      { id: 'price', label: t('lot.ladder.price'), amount: true, cell: ({ price }) => `${integer(price)} sat` },
      { id: 'when', label: t('lot.ladder.when'), cell: ({ block }) => when(block) },
    ],
  })] : []));
  return el('details', { id, ontoggle: fill },
    el('summary', {}, t(isEven(lot) ? 'lot.ladder.show' : 'lot.ladder.known', { n: rungsOf(lot).length })), el('div', { 'data-island': true, class: 'scroll' }));
}

/** The spend as it stands. */
function spendRow(lot, height) {
  const { spend } = lot;
  if (!spend) return null;
  const price = spend.price_sats === null ? null : el('span', {}, `${integer(spend.price_sats)} sat `, priceHint(spend.price_sats));
  const confirmations = confirmationsOf(lot, height);
  return el('li', { 'data-key': 'spend' },
    el('strong', {}, t(`lot.history.${lot.status === 'sold' ? 'sold' : 'spent'}.${spend.state}`, { block: spend.block ?? 0 })),
    spend.state === 'confirmed' ? el('span', {}, t('lot.confirmations', { n: confirmations })) : null,
    price,
    spend.txid ? el('span', { class: 'chain-text' }, code(spend.txid)) : null,
    spend.recipient ? el('span', {}, t('lot.history.recipient'), ' ', code(spend.recipient)) : null);
}

const EVENTS = {
  'listing.extended': 'extended', 'spend.pending': 'seen', 'spend.confirmed': 'confirmed', 'spend.unconfirmed': 'reorged', 'spend.undone': 'gone',
  'spend.unknown': 'spent.unknown',
};

/** @param {LotEvent} event @param {number} i @param {LotEvent[]} all newest first */
function eventRow({ type, at, txid }, i, all) {
  const what = type === 'spend.pending' && all[i + 1]?.type === type ? 'replaced' : EVENTS[type];
  return el('li', { 'data-key': `event-${all.length - i}` }, el('strong', {}, t(`lot.history.${what}`)), el('time', { datetime: at, class: 'soft' }, moment(at)),
    txid ? el('span', { class: 'chain-text' }, code(txid)) : null);
}

const revealRow = ({ block, price }, newest) =>
  el('li', { 'data-key': `reveal-${block}` }, el('strong', {}, newest ? t('lot.history.newest', { block }) : t('lot.history.reveal', { block })), el('span', {}, `${integer(price)} sat`));

/** Newest first: the spend, what happened to it, the prices that were revealed, the beginning. */
export function historyPanel(page, height) {
  const { lot, events } = page.data;
  const revealed = rungsOf(lot).filter(({ block }) => block <= (lot.revealed_high_block ?? 0)).reverse();
  const rows = revealed.map((rung, i) => revealRow(rung, i === 0));
  return panel({ id: 'history', title: t('lot.historyTitle') },
    el('ol', { class: 'history' },
      spendRow(lot, height),
      events.filter(({ type }) => EVENTS[type]).map(eventRow),
      rows.slice(0, REVEALS_SHOWN),
      rows.length > REVEALS_SHOWN ? el('li', { 'data-key': 'earlier' },
        el('details', {}, el('summary', {}, t('lot.history.earlier', { n: rows.length - REVEALS_SHOWN })), el('ol', { class: 'history' }, rows.slice(REVEALS_SHOWN)))) : null,
      el('li', { 'data-key': 'listed' }, el('strong', {}, t('lot.history.listed')), el('time', { datetime: lot.created_at, class: 'soft' }, moment(lot.created_at)))));
}

/** @param {Listing} lot */
export const meaningPanel = (lot) =>
  panel({ id: 'meaning', title: t('lot.meaningTitle') },
    el('dl', { class: 'meaning' }, ['upcoming', 'active', 'finished', 'expired', 'sold', 'closed'].map((status) => [
      el('dt', { 'aria-current': status === lot.status ? 'true' : null }, t(`lot.status.${status}`)),
      el('dd', {}, t(`lot.meaning.${status}`)),
    ])),
    el('p', { class: 'soft small' }, t('lot.meaning.blocks', { minutes: BLOCK_S / 60 })));
