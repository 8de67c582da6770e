/**
 * The preflight of a ladder in plain words, step by step, and the listing once nothing is wrong.
 */
import { clean, el } from '../lib/html.js';
import { checkOffer, listOffer } from '../lib/api-market.js';
import { dropDraft } from '../lib/draft.js';
import { integer } from '../lib/format.js';
import { idempotencyKey, problemText } from '../lib/http.js';
import { hasText, t } from '../lib/i18n.js';
import { offerOf, readQuantity } from '../lib/offer.js';
import { navigate } from '../lib/router.js';
import { may } from '../lib/session.js';
import { badge } from '../components/badge.js';
import { button } from '../components/button.js';
import { choice } from '../components/form.js';
import { facts, message, panel } from '../components/panel.js';
import { table } from '../components/table.js';
import { DRAFT, goTo } from './sell-steps.js';

const RUNG = /^\/psbts\/(\d+)/;

const offer = ({ plan, ladder, placed }) => offerOf(plan, ladder.price_decrement, placed);
const what = (code, detail) => (hasText(`sell.what.${code}`) ? t(`sell.what.${code}`) : problemText(code, detail));
const fix = (code) => (hasText(`sell.fix.${code}`) ? t(`sell.fix.${code}`) : t('sell.fix.other'));

/** Refusals of the check itself belong on the page, not in a toast that goes. */
async function ask(page, work) {
  const { state } = page;
  state.problem = null;
  page.draw();
  try {
    await work();
  } catch (problem) {
    if (problem.text === undefined) throw problem;
    state.problem = problem;
  }
  page.draw();
}

const runCheck = (page) => ask(page, async () => {
  const { state } = page;
  state.report = await checkOffer(offer(state), state.key);
  state.idempotency = idempotencyKey();
});

const list = (page) => ask(page, async () => {
  const { state } = page;
  const { id } = await listOffer(offer(state), state.key, state.idempotency);
  state.placed.clear(); /* the box has them: the page may be left */
  dropDraft(DRAFT);
  navigate(`/lots/${id}`);
});

/** Problems with one PSBT name its place in the list; the others concern the whole offer. */
const problemRow = (page, { pointer, code, detail }) => {
  const [, index] = RUNG.exec(pointer) ?? [];
  const rung = index === undefined ? null : page.state.ladder.psbts[Number(index)];
  return message('bad', rung ? t('sell.rungProblem', { block: rung.block_number, what: what(code, detail) }) : what(code, detail),
    t('sell.howToFix', { how: fix(code) }));
};

function rungTable(rungs) {
  return table({
    caption: t('sell.reportCaption'),
    rows: rungs,
    key: (rung) => rung.block_number,
    columns: [
      { id: 'block', label: t('lot.ladder.block'), head: true, cell: (rung) => integer(rung.block_number) },
      { id: 'price', label: t('lot.ladder.price'), amount: true, cell: (rung) => `${integer(rung.price_sats)} sat` },
      { id: 'verdict', label: t('sell.verdict'), cell: (rung) => (rung.listable ? badge(t('sell.fine'), 'good') : badge(t('sell.wrongRung'), 'bad')) },
      { id: 'why', label: t('sell.why'), cell: (rung) => (rung.listable ? t('sell.fineText') : [el('strong', {}, what(rung.code, rung.detail)), el('br'), t('sell.howToFix', { how: fix(rung.code) })]) },
    ],
  });
}

function reportPanel(page) {
  const { report } = page.state;
  const bad = report.rungs.filter(({ listable }) => !listable);
  const good = report.rungs.length - bad.length;
  return panel({ id: 'report', title: t('sell.reportTitle') },
    el('div', { class: 'stack' },
      report.listable ? message('good', t('sell.allFine'), t('sell.allFineText')) : null,
      report.problems.map((problem) => problemRow(page, problem)),
      report.warnings.map((warning) => message('wait', clean(warning))),
      bad.length ? [el('h3', {}, t('sell.badRungs', { n: bad.length })), rungTable(bad)] : null,
      good ? el('details', { id: 'good-rungs' }, el('summary', {}, t('sell.goodRungs', { n: good })), rungTable(report.rungs.filter(({ listable }) => listable))) : null));
}

function consent(page) {
  const { state } = page;
  return panel({ id: 'list', title: t('sell.listTitle'), intro: t('sell.listIntro') },
    el('div', { class: 'stack' },
      choice({ name: 'understood', label: t('sell.understood'), hint: t('sell.noRecallText'), checked: state.understood, onchange: ({ target }) => { state.understood = target.checked; page.draw(); } }),
      el('div', { class: 'row' }, button({ label: t('sell.list'), icon: 'tag', kind: 'primary', disabled: !state.understood, onclick: () => list(page) }))));
}

export function checkStep(page) {
  const { plan, ladder, report, problem, key } = page.state;
  const allowed = may('auctions:write') || key;
  return [
    panel({ id: 'offer', title: t('sell.offerTitle') }, facts([
      [t('sell.asset_name'), clean(plan.asset_name)],
      [t('sell.asset_qty'), readQuantity(plan.asset_qty)],
      [t('sell.prices'), t('sell.pricesText', { n: ladder.psbts.length })],
      [t('sell.top'), `${integer(ladder.psbts[0].price_sats)} sat`],
      [t('sell.low'), `${integer(ladder.psbts[ladder.psbts.length - 1].price_sats)} sat`],
    ])),
    problem ? message('bad', problem.text) : null,
    report ? reportPanel(page) : null,
    report?.listable ? consent(page) : null,
    allowed ? null : message('wait', t('sell.needsPermission')),
    el('div', { class: 'row between' },
      button({ label: t('sell.backToSign'), icon: 'back', onclick: () => goTo(page, 1) }),
      report ? button({ label: t('sell.backToPlan'), kind: 'quiet', onclick: () => goTo(page, 0) }) : null,
      button({ label: report ? t('sell.checkAgain') : t('sell.check'), icon: 'shield', kind: report?.listable ? '' : 'primary', disabled: !allowed, onclick: () => runCheck(page) })),
  ];
}
