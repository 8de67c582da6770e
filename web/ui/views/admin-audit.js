/**
 * The audit log: who did what, newest first, and whether its chain of hashes is whole.
 */
import { listAudit, verifyAudit } from '../lib/api-admin.js';
import { integer, moment, shorten } from '../lib/format.js';
import { clean, el } from '../lib/html.js';
import { hasText, t } from '../lib/i18n.js';
import { setQuery } from '../lib/router.js';
import { adminPage } from '../components/admin-frame.js';
import { button } from '../components/button.js';
import { selectField } from '../components/form.js';
import { message } from '../components/panel.js';
import { empty } from '../components/states.js';
import { moreButton, table } from '../components/table.js';

const PAGE = 25;
const KINDS = ['login', 'session', 'user', 'key', 'settings', 'system', 'webhook', 'listing', 'password', 'totp', 'box', 'setup', 'backup'];

export const title = () => t('admin.page.audit');

const kindOf = (page) => {
  const asked = page.state.kind ?? page.query.get('kind') ?? '';
  return KINDS.includes(asked) ? asked : '';
};

export const load = (page) => listAudit({ kind: kindOf(page), limit: PAGE }, page.left);

async function more(page) {
  const { items, next_cursor: cursor } = page.data;
  const next = await listAudit({ kind: kindOf(page), limit: PAGE, cursor }, page.left);
  page.data = { items: [...items, ...next.items], next_cursor: next.next_cursor };
  page.draw();
}

async function choose(page, kind) {
  page.state.kind = kind;
  setQuery({ kind });
  await page.reload();
}

async function verify(page) {
  page.state.verdict = await verifyAudit();
  page.draw();
}

function verdict({ ok, rows, last, detail }) {
  return ok ? message('good', t('audit.whole', { n: rows }), el('p', {}, t('audit.last'), ' ', el('code', { id: 'audit-last' }, last)))
    : message('bad', t('audit.broken', { n: rows }), clean(detail));
}

const kindWord = (kind) => (hasText(`audit.kind.${kind}`) ? t(`audit.kind.${kind}`) : kind);

export function render(page) {
  const { items, next_cursor: next } = page.data;
  const { verdict: judged } = page.state;
  const check = button({ label: t('audit.verify'), icon: 'shield', onclick: () => verify(page) });
  return adminPage(page, { id: 'audit', intro: t('audit.intro'), actions: [check] },
    el('div', { id: 'audit-verdict', role: 'status' }, judged ? verdict(judged) : null),
    el('div', { class: 'filter-row', 'data-island': true, id: 'audit-filter' }, selectField({
      name: 'kind', label: t('audit.show'), chosen: kindOf(page), options: [['', t('audit.all')], ...KINDS.map((kind) => [kind, t(`audit.group.${kind}`)])],
      onchange: ({ target }) => choose(page, target.value),
    })),
    items.length ? el('div', { class: 'panel', id: 'audit' }, table({
      caption: t('admin.page.audit'),
      rows: items,
      key: (row) => row.id,
      columns: [
        { id: 'id', label: t('audit.number'), cell: (row) => integer(row.id) },
        { id: 'kind', label: t('audit.what'), head: true, cell: (row) => el('span', {}, kindWord(row.kind), el('code', { class: 'soft below' }, row.kind)) },
        { id: 'subject', label: t('audit.whom'), cell: (row) => el('code', {}, clean(row.subject)) },
        { id: 'detail', label: t('audit.detail'), cell: (row) => el('span', { class: 'detail' }, clean(row.detail) || '—') },
        { id: 'at', label: t('audit.when'), cell: (row) => el('span', {}, moment(row.at), el('code', { class: 'soft below', title: row.hash }, shorten(row.hash, 4))) },
      ],
    })) : empty({ title: t('audit.none'), text: t('audit.noneText'), sign: 'search' }),
    moreButton(next ? () => more(page) : null));
}
