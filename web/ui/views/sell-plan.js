/**
 * The plan of a sale: what, from which output, at which prices, with every step of them to be seen before it is made.
 */
import { el } from '../lib/html.js';
import { buildLadder } from '../lib/api-market.js';
import { node } from '../lib/box.js';
import { keepDraft } from '../lib/draft.js';
import { integer } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { ladderOf, ladderRequest, readOutpoint, readQuantity, RUNGS_MAX, wholeNumber } from '../lib/offer.js';
import { field, form } from '../components/form.js';
import { ladderChart } from '../components/ladder-chart.js';
import { roughly } from '../components/lot.js';
import { facts, message, panel } from '../components/panel.js';
import { priceHint } from '../components/price-hint.js';
import { ladderTable } from './lot-facts.js';
import { DRAFT, goTo } from './sell-steps.js';

const CHART_HEIGHT = 140;
const AFTER = '144';
/** The box points at members of its body; the form has one field for the output. */
const FIELD_OF = { '/utxo_txid': '/utxo', '/utxo_vout': '/utxo' };

function check(values) {
  const number = (name) => (wholeNumber(values[name]) >= 0 ? '' : t('sell.wrong.number'));
  const [start, end] = [wholeNumber(values.start_block), wholeNumber(values.end_block)];
  const height = node.get()?.height ?? 0;
  return {
    asset_name: values.asset_name.trim() ? '' : t('sell.wrong.asset'),
    asset_qty: readQuantity(values.asset_qty) ? '' : t('sell.wrong.quantity'),
    utxo: readOutpoint(values.utxo) ? '' : t('sell.wrong.utxo'),
    payout_address: values.payout_address.trim() ? '' : t('lot.buy.addressNeeded'),
    start_block: number('start_block') || (start <= height ? t('sell.wrong.start', { block: height }) : ''),
    end_block: number('end_block') || (end < start ? t('sell.wrong.end') : end - start >= RUNGS_MAX ? t('sell.wrong.long', { n: RUNGS_MAX }) : ''),
    start_price_sats: number('start_price_sats') || (wholeNumber(values.start_price_sats) < wholeNumber(values.end_price_sats) ? t('sell.wrong.rises') : ''),
    end_price_sats: number('end_price_sats'),
    blocks_after_end: number('blocks_after_end'),
  };
}

async function build(page, plan) {
  const { state } = page;
  try {
    state.ladder = await buildLadder(ladderRequest(plan));
  } catch (problem) {
    if (problem.text !== undefined) problem.errors = problem.errors.map((error) => ({ ...error, pointer: FIELD_OF[error.pointer] ?? error.pointer }));
    throw problem;
  }
  Object.assign(state, { plan, placed: new Map(), left: null, report: null });
  goTo(page, 1);
}

function planForm(page) {
  const { plan } = page.state;
  const text = { spellcheck: 'false', autocapitalize: 'none', autocomplete: 'off' };
  const number = (name, more = {}) => field({
    name, label: t(`sell.${name}`), ...more, input: { inputmode: 'numeric', value: plan[name] ?? more.value, ...text },
  });
  return form({
    id: 'sell-plan-form',
    submit: t('sell.build'),
    check,
    oninput: (values) => {
      page.state.plan = values;
      keepDraft(DRAFT, values);
      page.draw();
    },
    onsubmit: (values) => build(page, values),
    fields: [
      field({ name: 'asset_name', label: t('sell.asset_name'), hint: t('sell.assetHint'), input: { value: plan.asset_name, ...text } }),
      field({ name: 'asset_qty', label: t('sell.asset_qty'), hint: t('sell.quantityHint'), input: { inputmode: 'decimal', value: plan.asset_qty, ...text } }),
      field({ name: 'utxo', label: t('sell.utxo'), hint: t('sell.utxoHint'), input: { value: plan.utxo, placeholder: 'txid:vout', ...text } }),
      field({ name: 'payout_address', label: t('sell.payout_address'), hint: t('sell.payoutHint'), input: { value: plan.payout_address, ...text } }),
      el('div', { class: 'pair' }, number('start_price_sats', { unit: 'sat' }), number('end_price_sats', { unit: 'sat' })),
      el('div', { class: 'pair' }, number('start_block'), number('end_block')),
      number('blocks_after_end', { hint: t('sell.afterHint'), value: AFTER }),
    ],
  });
}

/** What the plan comes to, while it is typed. */
function preview(plan, height) {
  const lot = ladderOf(plan);
  if (!lot) return el('p', { class: 'soft' }, t('sell.previewEmpty'));
  const blocks = lot.end_block - lot.start_block + 1;
  const key = Object.values(lot).join('-');
  return [
    ladderChart(lot, 0, { height: CHART_HEIGHT }),
    el('p', { class: 'range' },
      el('span', {}, t('lot.range', { price: lot.start_price_sats, block: lot.start_block })),
      el('span', {}, t('lot.range', { price: lot.end_price_sats, block: lot.end_block }))),
    facts([
      [t('sell.prices'), t('sell.pricesText', { n: blocks })],
      [t('sell.falls'), `${integer(lot.price_decrement)} sat`],
      [t('sell.begins'), lot.start_block > height ? t('sell.beginsText', { n: lot.start_block - height, time: roughly(lot.start_block - height) }) : '—'],
      [t('sell.lasts'), roughly(blocks)],
      [t('sell.top'), [`${integer(lot.start_price_sats)} sat `, priceHint(lot.start_price_sats)]],
      [t('sell.low'), [`${integer(lot.end_price_sats)} sat `, priceHint(lot.end_price_sats)]],
    ]),
    ladderTable(lot, height, `plan-${key}`),
  ];
}

export function planStep(page) {
  const height = node.get()?.height ?? 0;
  return el('div', { class: 'lot-page' },
    panel({ id: 'plan', title: t('sell.planTitle'), intro: height ? t('sell.planIntro', { block: height }) : undefined }, planForm(page)),
    el('div', { class: 'stack' },
      panel({ id: 'preview', title: t('sell.previewTitle') }, preview(page.state.plan, height)),
      message('wait', t('sell.noRecall'), t('sell.noRecallText'))));
}
