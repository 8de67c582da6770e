/**
 * Buying a lot, step by step: coins and addresses, the whole transaction to be signed, then what becomes of it. The box
 * builds and watches; signing and broadcasting are the wallet's part.
 */
import { clean, el } from '../lib/html.js';
import { buildPurchase } from '../lib/api-market.js';
import { dropDraft, keepDraft, readDraft } from '../lib/draft.js';
import { integer } from '../lib/format.js';
import { problemText } from '../lib/http.js';
import { t } from '../lib/i18n.js';
import { confirmationsOf, isOpen } from '../lib/lots.js';
import { fromBase64 } from '../lib/psbt.js';
import { button } from '../components/button.js';
import { copyButton, downloadButton } from '../components/copy-box.js';
import { field, form } from '../components/form.js';
import { units } from '../components/lot.js';
import { facts, message, panel } from '../components/panel.js';
import { priceHint } from '../components/price-hint.js';
import { qrParts } from '../components/qr-parts.js';
import { stepper } from '../components/stepper.js';
import { walletTable } from '../components/wallet-table.js';

const OUTPOINT = /^([0-9a-f]{64}):(\d{1,10})$/i;
/** From here on the box's own count calls a sale final as well. */
const SETTLED = 6;

const draftOf = (page) => `purchase.${page.params.id}`;

/** What was begun in this tab goes on after a reload. */
export function restorePurchase(page) {
  if (page.state.buyer) return;
  const { values, order } = readDraft(draftOf(page));
  Object.assign(page.state, { buyer: values ?? {}, order: order ?? null });
}

const keep = (page) => keepDraft(draftOf(page), { values: page.state.buyer, order: page.state.order });

/** @param {string} text one outpoint a line @returns {{txid: string, vout: number}[]|null} null: a line is none */
function readCoins(text) {
  const found = text.trim().split(/[\s,;]+/).map((line) => OUTPOINT.exec(line));
  return found.every(Boolean) ? found.map(([, txid, vout]) => ({ txid: txid.toLowerCase(), vout: Number(vout) })) : null;
}

const readRate = (text) => Number(text.trim().replace(',', '.'));

function check({ inputs, receive_address: receive, fee_rate_sat_vb: rate }) {
  return {
    inputs: readCoins(inputs) ? '' : t('lot.buy.inputsShape'),
    receive_address: receive.trim() ? '' : t('lot.buy.addressNeeded'),
    fee_rate_sat_vb: readRate(rate) > 0 ? '' : t('lot.buy.rateShape'),
  };
}

/** The box points at one of the coins: say which. */
function withCoinNames(problem, coins) {
  problem.errors = (problem.errors ?? []).map(({ pointer, code, detail }) => {
    const [, coin] = /^\/inputs\/(\d+)/.exec(pointer) ?? [];
    return coin === undefined ? { pointer, code, detail }
      : { pointer, detail: t('lot.buy.coinProblem', { coin: `${coins[coin].txid.slice(0, 8)}…:${coins[coin].vout}`, what: problemText(code, detail) }) };
  });
  return problem;
}

async function build(page, values) {
  const coins = readCoins(values.inputs);
  const receive = values.receive_address.trim();
  try {
    const purchase = await buildPurchase(page.data.lot.id, {
      inputs: coins,
      receive_address: receive,
      change_address: values.change_address.trim() || receive,
      fee_rate_sat_vb: readRate(values.fee_rate_sat_vb),
    });
    page.state.order = { purchase, receive, change: values.change_address.trim() || receive };
  } catch (problem) {
    throw problem.text === undefined ? problem : withCoinNames(problem, coins);
  }
  keep(page);
  page.draw();
}

function coinsForm(page) {
  const { buyer } = page.state;
  const { lot } = page.data;
  const plain = { spellcheck: 'false', autocapitalize: 'none', autocomplete: 'off' };
  return form({
    id: 'purchase-form',
    submit: t('lot.buy.build'),
    check,
    oninput: (values) => {
      page.state.buyer = values;
      keep(page);
    },
    onsubmit: (values) => build(page, values),
    fields: [
      field({
        name: 'inputs', label: t('lot.buy.inputs'), hint: t('lot.buy.inputsHint', { price: integer(lot.price_sats) }),
        control: el('textarea', { rows: 3, placeholder: 'txid:vout', ...plain }, buyer.inputs ?? ''),
      }),
      field({ name: 'receive_address', label: t('lot.buy.receive'), hint: t('lot.buy.receiveHint'), input: { value: buyer.receive_address, ...plain } }),
      field({ name: 'change_address', label: t('lot.buy.change'), hint: t('lot.buy.changeHint'), optional: true, input: { value: buyer.change_address, ...plain } }),
      field({ name: 'fee_rate_sat_vb', label: t('lot.buy.rate'), hint: t('lot.buy.rateHint'), unit: 'sat/vB', input: { value: buyer.fee_rate_sat_vb, inputmode: 'decimal', ...plain } }),
    ],
  });
}

const sats = (n) => `${integer(n)} sat`;

/** What the signature will do, before it is given. */
function summary(lot, { purchase, receive, change }) {
  const cost = purchase.price_sats + purchase.fee_sats - lot.utxo.value_sats;
  return [
    facts([
      [t('lot.buy.youPay'), [sats(purchase.price_sats), ' ', priceHint(purchase.price_sats)]],
      [t('lot.buy.fee'), t('lot.buy.feeText', { fee: purchase.fee_sats, vsize: purchase.vsize })],
      [t('lot.buy.carrier'), sats(purchase.receive_sats)],
      [t('lot.buy.changeBack'), purchase.change_sats ? sats(purchase.change_sats) : t('lot.buy.noChange')],
      [t('lot.buy.cost'), el('strong', {}, sats(cost))],
    ]),
    el('dl', { class: 'long-facts' },
      lot.assets.map((it) => el('dt', {}, t('lot.buy.assetTo', { amount: units(it), asset: clean(it.asset) }))), el('dd', {}, el('code', {}, receive)),
      purchase.change_sats ? [el('dt', {}, t('lot.buy.changeTo')), el('dd', {}, el('code', {}, change))] : null),
    el('p', { class: 'soft small' }, t('lot.buy.costText', { value: lot.utxo.value_sats })),
  ];
}

function psbtToSign(page) {
  const { lot } = page.data;
  const { purchase } = page.state.order;
  const name = t('lot.buy.psbt');
  const bytes = () => fromBase64(purchase.psbt);
  return [
    el('div', { class: 'copy-box' },
      el('textarea', { id: 'purchase-psbt', readonly: true, rows: 5, spellcheck: 'false', 'aria-label': name }, purchase.psbt),
      el('div', { class: 'row' }, copyButton(purchase.psbt), downloadButton(bytes(), `gavel-buy-${lot.id}.psbt`))),
    qrParts({ id: `purchase-qr-${purchase.block_number}-${purchase.psbt.length}`, label: name, bytes, type: 'P' }),
  ];
}

function again(page) {
  page.state.order = null;
  keep(page);
  page.draw();
}

/** The price may have fallen since, or the lot be gone. */
function freshness(page) {
  const { lot } = page.data;
  const { purchase } = page.state.order;
  if (!isOpen(lot)) return message('bad', t('lot.buy.over'), t(`lot.buy.not.${lot.status}`));
  if (lot.price_sats !== null && lot.price_sats < purchase.price_sats) {
    return message('info', t('lot.buy.cheaper', { price: lot.price_sats }), t('lot.buy.cheaperText', { price: purchase.price_sats }), button({ label: t('lot.buy.again'), icon: 'refresh', onclick: () => again(page) }));
  }
  return null;
}

const signStep = (page) => [
  freshness(page),
  el('h3', {}, t('lot.buy.whatHappens')),
  summary(page.data.lot, page.state.order),
  message('good', t('lot.buy.clean')),
  el('h3', {}, t('lot.buy.signTitle')),
  el('ol', { class: 'steps' }, ['sign1', 'sign2', 'sign3'].map((key) => el('li', {}, t(`lot.buy.${key}`)))),
  message('wait', t('lot.buy.keepOrder'), t('lot.buy.keepOrderText')),
  psbtToSign(page),
  el('details', { id: 'buyer-wallets' }, el('summary', {}, t('wallets.show')), el('p', { class: 'soft small' }, t('wallets.honest')), walletTable('buyer')),
  el('p', { role: 'status', class: 'soft' }, t('lot.buy.waiting')),
  el('div', { class: 'row' }, button({ label: t('lot.buy.change_'), kind: 'quiet', icon: 'back', onclick: () => again(page) })),
];

/** What became of the output on sale: by this purchase, or by somebody else's. */
function outcome(page, height) {
  const { lot } = page.data;
  const { order } = page.state;
  const { spend } = lot;
  const confirmations = confirmationsOf(lot, height);
  if (lot.status !== 'sold') return message('bad', t(`lot.buy.lost.${spend.state === 'pending' ? 'pending' : 'confirmed'}`), t('lot.buy.lost.closed'));
  if (order && spend.recipient && spend.recipient !== order.receive) return message('bad', t('lot.buy.lost.other'), t('lot.buy.lost.otherText'));
  if (spend.state === 'pending') return message('wait', order ? t('lot.buy.mine.pending') : t('lot.buy.others.pending'), t('lot.buy.pendingText'));
  if (spend.state === 'unknown') return message('info', t('lot.ended.unknown'));
  const done = confirmations >= SETTLED;
  return message(done ? 'good' : 'wait', order ? t('lot.buy.mine.confirmed') : t('lot.buy.others.confirmed'),
    t('lot.confirmations', { n: confirmations }), done ? t('lot.buy.settled') : t('lot.buy.unsettled', { n: SETTLED - confirmations }));
}

function stageOf(page, height) {
  const { lot } = page.data;
  if (lot.spend) return lot.spend.state === 'pending' ? 2 : confirmationsOf(lot, height) >= SETTLED ? 3 : 2;
  return page.state.order ? 1 : 0;
}

/** @param {number} height */
export function purchasePanel(page, height) {
  const { lot } = page.data;
  const { order } = page.state;
  const box = (...inside) => panel({ id: 'buy', title: t('lot.buy.title') }, el('div', { class: 'stack' }, inside));
  const steps = stepper(t('lot.buy.title'), ['coins', 'sign', 'follow', 'done'].map((name) => t(`lot.buy.step.${name}`)), stageOf(page, height));
  if (lot.spend) return box(order ? steps : null, outcome(page, height), order ? button({ label: t('lot.buy.forget'), kind: 'quiet', onclick: () => { dropDraft(draftOf(page)); again(page); } }) : null);
  if (order) return box(steps, signStep(page));
  if (!isOpen(lot)) return box(el('p', { class: 'soft' }, t(`lot.buy.not.${lot.status}`)));
  if (lot.price_sats === null) return box(message('wait', t('lot.price.waiting'), t('lot.buy.notLive')));
  return box(steps, el('p', { class: 'soft' }, t('lot.buy.intro')), coinsForm(page));
}
