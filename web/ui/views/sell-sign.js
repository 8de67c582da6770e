/**
 * The unsigned PSBTs of a ladder on their way to the seller's wallet, and the signed ones back.
 */
import { el } from '../lib/html.js';
import { integer } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { coreCommand, place } from '../lib/offer.js';
import { fromBase64 } from '../lib/psbt.js';
import { button } from '../components/button.js';
import { copyBox, copyButton, downloadButton } from '../components/copy-box.js';
import { field, selectField } from '../components/form.js';
import { message, panel } from '../components/panel.js';
import { gauge } from '../components/progress.js';
import { qrParts } from '../components/qr-parts.js';
import { walletTable } from '../components/wallet-table.js';
import { goTo } from './sell-steps.js';

const FILE = 'gavel-ladder.txt';

const lines = ({ psbts }) => `${psbts.map((rung) => rung.psbt_data).join('\n')}\n`;

function unsigned(page) {
  const { ladder, chosen = 0 } = page.state;
  const rung = ladder.psbts[chosen];
  const name = t('sell.rungPsbt', { block: integer(rung.block_number) });
  return panel({ id: 'unsigned', title: t('sell.unsignedTitle', { n: ladder.psbts.length }), intro: t('sell.unsignedIntro') },
    el('div', { class: 'stack' },
      el('div', { class: 'row' },
        downloadButton(lines(ladder), FILE, { label: t('sell.downloadAll'), type: 'text/plain' }),
        downloadButton(JSON.stringify(ladder, null, 1), 'gavel-ladder.json', { label: t('sell.downloadJson'), type: 'application/json' }),
        copyButton(lines(ladder), t('sell.copyAll'))),
      el('h3', {}, t('sell.coreTitle')),
      copyBox({ label: t('sell.coreTitle'), text: coreCommand(FILE, 'gavel-ladder-signed.txt') }),
      el('details', { id: 'one-by-one' }, el('summary', {}, t('sell.oneByOne')),
        el('div', { class: 'stack' },
          selectField({
            name: 'rung', id: 'rung', label: t('sell.rung'), chosen: String(chosen),
            options: ladder.psbts.map(({ block_number: block, price_sats: price }, i) => [String(i), t('sell.rungOption', { block, price })]),
            onchange: ({ target }) => {
              page.state.chosen = Number(target.value);
              page.draw();
            },
          }),
          el('div', { class: 'copy-box' },
            el('textarea', { id: `rung-${rung.block_number}`, readonly: true, rows: 4, spellcheck: 'false', 'aria-label': name }, rung.psbt_data),
            el('div', { class: 'row' }, copyButton(rung.psbt_data), downloadButton(fromBase64(rung.psbt_data), `gavel-block-${rung.block_number}.psbt`))),
          qrParts({ id: `rung-qr-${rung.block_number}`, label: name, bytes: () => fromBase64(rung.psbt_data), type: 'P' }))),
      el('details', { id: 'seller-wallets' }, el('summary', {}, t('wallets.show')), el('p', { class: 'soft small' }, t('wallets.honest')), walletTable('seller'))));
}

function add(page, given) {
  const { state } = page;
  state.left = place(given, state.plan, state.placed);
  state.report = null;
  page.draw();
}

const readFiles = (files) => Promise.all([...files].map(async (file) => new Uint8Array(await file.arrayBuffer())));

function uploadBox(page) {
  const paste = el('textarea', { rows: 4, spellcheck: 'false', placeholder: 'cHNidP8…' });
  return el('div', { class: 'stack', id: 'upload-box', 'data-island': true },
    field({
      name: 'files', label: t('sell.files'), hint: t('sell.filesHint'),
      control: el('input', { type: 'file', multiple: true, accept: '.psbt,.txt,.json,text/plain,application/json,application/octet-stream', onchange: async ({ target }) => { add(page, await readFiles(target.files)); target.value = ''; } }),
    }),
    field({ name: 'paste', label: t('sell.paste'), optional: true, control: paste }),
    el('div', { class: 'row' }, button({ label: t('sell.add'), icon: 'plus', onclick: () => { add(page, [paste.value]); paste.value = ''; } })));
}

/** Files that held nothing of use are told, not swallowed. */
const leftovers = (left) => Object.entries(left ?? {}).filter(([, n]) => n > 0).map(([why, n]) => message('wait', t(`sell.left.${why}`, { n })));

function progress(page) {
  const { ladder, placed } = page.state;
  const total = ladder.psbts.length;
  const bare = [...placed.values()].filter(({ signed }) => !signed).length;
  const missing = ladder.psbts.filter(({ block_number: block }) => !placed.has(block)).map(({ block_number: block }) => integer(block));
  return [
    gauge({ label: t('sell.signed'), value: placed.size, max: total, text: t('sell.signedOf', { n: placed.size, of: total }), level: placed.size === total ? 'good' : 'wait' }),
    placed.size && missing.length ? el('p', { class: 'soft small' }, t('sell.missing', { blocks: missing.slice(0, 8).join(', '), n: missing.length })) : null,
    bare ? message('bad', t('sell.bare', { n: bare }), t('sell.bareText')) : null,
  ];
}

export function signStep(page) {
  const { ladder, placed } = page.state;
  return [
    message('wait', t('sell.noRecall'), t('sell.noRecallText')),
    el('div', { class: 'lot-page' },
      unsigned(page),
      panel({ id: 'upload', title: t('sell.uploadTitle'), intro: t('sell.uploadIntro') },
        el('div', { class: 'stack' }, uploadBox(page), leftovers(page.state.left), progress(page)))),
    el('div', { class: 'row between' },
      button({ label: t('sell.backToPlan'), icon: 'back', onclick: () => goTo(page, 0) }),
      button({ label: t('sell.toCheck'), icon: 'next', kind: 'primary', disabled: placed.size < ladder.psbts.length, onclick: () => goTo(page, 2) })),
  ];
}
