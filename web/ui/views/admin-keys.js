/**
 * API keys: what each may do and when it was last used; a new one is shown once.
 */
import { addKey, listKeys, revokeKey } from '../lib/api-admin.js';
import { ago, boxNow, day } from '../lib/format.js';
import { clean, el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { adminPage } from '../components/admin-frame.js';
import { badge } from '../components/badge.js';
import { button } from '../components/button.js';
import { copyBox } from '../components/copy-box.js';
import { confirm, openDialog } from '../components/dialog.js';
import { choice, field, form, selectField } from '../components/form.js';
import { message, panel } from '../components/panel.js';
import { empty } from '../components/states.js';
import { table } from '../components/table.js';
import { toast } from '../components/toast.js';

const SCOPES = ['auctions:read', 'auctions:write', 'bids:write', 'orders:solve', 'admin'];
const DAYS = ['', '30', '90', '365'];
const DAY_MS = 86400000;

export const title = () => t('admin.page.keys');
export const load = async () => (await listKeys()).items;
export const open = (page) => page.every(30000, page.refresh);

const expired = (key) => key.expires_at !== null && Date.parse(key.expires_at) <= boxNow();
const dead = (key) => key.revoked_at !== null || expired(key);
const scopeWord = (scope) => t(`scope.${scope}`);

function stateOf(key) {
  if (key.revoked_at) return badge(t('keys.revoked', { since: day(key.revoked_at) }), 'bad');
  if (expired(key)) return badge(t('keys.expired', { since: day(key.expires_at) }), 'wait');
  return badge(key.expires_at ? t('keys.until', { day: day(key.expires_at) }) : t('keys.live'), 'good');
}

/** @param {Key} made */
const showOnce = (made) => openDialog({
  title: t('keys.made'),
  body: el('div', { class: 'stack' },
    message('wait', t('keys.once'), t('keys.onceText')),
    copyBox({ label: t('keys.text', { name: made.name }), text: made.key }),
    el('p', { class: 'soft small' }, t('keys.how')),
    el('pre', { class: 'sample', tabindex: 0, role: 'region', 'aria-label': t('keys.how') }, `X-API-Key: gvl_${made.id}_…`)),
  footer: (close) => [button({ label: t('keys.kept'), kind: 'primary', onclick: () => close() })],
});

const keyForm = (close) => form({
  id: 'key-form',
  submit: t('keys.make'),
  check: ({ name }) => ({ name: name.trim() ? '' : t('keys.nameNeeded') }),
  onsubmit: async (values) => {
    close(await addKey({
      name: values.name.trim(),
      scopes: SCOPES.filter((scope) => values[`scope ${scope}`]),
      expires_at: values.days ? new Date(boxNow() + values.days * DAY_MS).toISOString().replace(/\.\d+/, '') : null,
      legacy_unlocked: values.legacy,
    }));
  },
  fields: [
    field({ name: 'name', label: t('keys.name'), hint: t('keys.nameHint'), input: { maxlength: 47, autocomplete: 'off' } }),
    el('fieldset', {}, el('legend', {}, t('keys.may')), SCOPES.map((scope) =>
      choice({ name: `scope ${scope}`, label: scopeWord(scope), hint: t(`scopeHint.${scope}`), checked: scope === 'auctions:write' }))),
    selectField({ name: 'days', label: t('keys.ends'), options: DAYS.map((days) => [days, days ? t('keys.days', { n: Number(days) }) : t('keys.never')]) }),
    choice({ name: 'legacy', label: t('keys.legacy'), hint: t('keys.legacyHint') }),
  ],
});

async function make(page) {
  const made = await openDialog({ title: t('keys.new'), body: keyForm });
  if (!made) return;
  await showOnce(made);
  await page.reload();
}

async function revoke(page, key) {
  const sure = await confirm({ title: t('keys.revokeTitle', { name: clean(key.name) }), text: t('keys.revokeText'), yes: t('keys.revoke') });
  if (!sure) return;
  await revokeKey(key.id);
  await page.reload();
  toast(t('keys.isRevoked', { name: clean(key.name) }));
}

const keyTable = (page, caption, rows) => table({
  caption,
  rows,
  key: (key) => key.id,
  columns: [
    { id: 'name', label: t('keys.name'), head: true, cell: (key) => el('span', {}, clean(key.name), ' ', el('code', { class: 'soft' }, `gvl_${key.id}`)) },
    { id: 'may', label: t('keys.may'), cell: (key) => el('span', { class: 'badges' }, key.scopes.map((scope) => badge(scopeWord(scope), scope === 'admin' ? 'wait' : '')),
      key.legacy_unlocked ? badge(t('keys.legacyShort'), 'info') : null) },
    { id: 'state', label: t('keys.state'), cell: stateOf },
    { id: 'used', label: t('keys.used'), cell: (key) => (key.last_used_at ? ago(key.last_used_at) : t('keys.unused')) },
    { id: 'revoke', label: t('keys.revoke'), actions: true, cell: (key) => (key.revoked_at ? null
      : el('div', { class: 'row' }, button({ label: t('keys.revoke'), kind: 'danger', attributes: { 'aria-label': t('keys.revokeTitle', { name: clean(key.name) }) }, onclick: () => revoke(page, key) }))) },
  ],
});

export function render(page) {
  const live = page.data.filter((key) => !dead(key));
  const gone = page.data.filter(dead);
  const create = button({ label: t('keys.new'), icon: 'plus', kind: 'primary', onclick: () => make(page) });
  return adminPage(page, { id: 'keys', intro: t('keys.intro'), actions: [create] },
    live.length ? el('div', { class: 'panel', id: 'keys' }, keyTable(page, t('admin.page.keys'), live))
      : empty({ title: t('keys.none'), text: t('keys.noneText'), sign: 'key' }),
    gone.length ? el('details', { id: 'keys-gone', class: 'panel' }, el('summary', {}, t('keys.gone', { n: gone.length })), keyTable(page, t('keys.goneCaption'), gone)) : null);
}
