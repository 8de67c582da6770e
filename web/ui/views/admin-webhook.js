/**
 * One receiver: its address and events, a test, and what was sent to it, how it went, once more.
 */
import { changeWebhook, listDeliveries, redeliver, removeWebhook, testWebhook } from '../lib/api-admin.js';
import { ago, day, moment } from '../lib/format.js';
import { clean, el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { navigate } from '../lib/router.js';
import { adminPage } from '../components/admin-frame.js';
import { badge } from '../components/badge.js';
import { button } from '../components/button.js';
import { confirm, openDialog } from '../components/dialog.js';
import { choice, field, form } from '../components/form.js';
import { facts, message, panel } from '../components/panel.js';
import { empty } from '../components/states.js';
import { moreButton, table } from '../components/table.js';
import { toast } from '../components/toast.js';

export const DELIVERIES = 25;
const READ_MS = 3000;

/** New or changed. @param {{hook?: any, events: string[], submit: string, save: (values: any) => Promise<any>}} it */
export const webhookForm = ({ hook, events, submit, save }) => form({
  id: 'webhook-form',
  submit,
  check: ({ name, url }) => ({
    name: name.trim() ? '' : t('webhooks.nameNeeded'),
    url: /^https?:\/\/[^\s/]/.test(url.trim()) ? '' : t('webhooks.urlNeeded'),
  }),
  onsubmit: (values) => save({ name: values.name.trim(), url: values.url.trim(), events: events.filter((event) => values[`event ${event}`]) }),
  fields: [
    field({ name: 'name', label: t('webhooks.name'), input: { value: hook?.name ?? '', maxlength: 47, autocomplete: 'off' } }),
    field({ name: 'url', label: t('webhooks.url'), hint: t('webhooks.urlHint'), input: { type: 'url', value: hook?.url ?? '', maxlength: 255, autocomplete: 'off', spellcheck: 'false', autocapitalize: 'none' } }),
    el('fieldset', { class: 'tight' }, el('legend', {}, t('webhooks.events')), events.map((event) =>
      choice({ name: `event ${event}`, label: t(`webhooks.event.${event}`), checked: hook ? hook.events.includes(event) : true }))),
  ],
});

/** What was shown stays shown: as many rows are read again. */
async function readDeliveries(page) {
  const { one, deliveries } = page.data;
  page.data.deliveries = await listDeliveries(one.id, { limit: Math.max(DELIVERIES, Math.min(49, deliveries.items.length)) }, page.left);
  page.draw();
}

export const followDeliveries = (page) =>
  page.every(READ_MS, () => (page.state.further ? null : page.refresh()));

async function more(page) {
  const { one, deliveries } = page.data;
  const next = await listDeliveries(one.id, { limit: DELIVERIES, cursor: deliveries.next_cursor }, page.left);
  page.state.further = true; /* whoever reads older ones is left in peace */
  page.data.deliveries = { items: [...deliveries.items, ...next.items], next_cursor: next.next_cursor };
  page.draw();
}

async function test(page) {
  await testWebhook(page.data.one.id);
  await readDeliveries(page);
  toast(t('webhooks.testSent'));
}

async function again(page, delivery) {
  await redeliver(delivery.id);
  await readDeliveries(page);
  toast(t('webhooks.queued'));
}

async function change(page) {
  const { one, events } = page.data;
  const done = await openDialog({
    title: t('webhooks.change'),
    body: (close) => webhookForm({ hook: one, events, submit: t('webhooks.save'), save: async (values) => close(await changeWebhook(one, values)) }),
  });
  if (done) await page.reload();
}

async function flip(page) {
  const { one } = page.data;
  await changeWebhook(one, { enabled: !one.enabled });
  await page.reload();
}

async function drop(page) {
  const name = clean(page.data.one.name);
  if (!await confirm({ title: t('webhooks.removeTitle', { name }), text: t('webhooks.removeText'), yes: t('webhooks.remove') })) return;
  await removeWebhook(page.data.one.id);
  navigate('/admin/webhooks');
}

function outcome({ state, attempts, status, error, next_at: next }) {
  if (state === 'delivered') return badge(t('webhooks.delivered', { status: String(status ?? '') }), 'good');
  if (attempts === 0) return badge(t('webhooks.queuedNow'), 'info');
  return el('span', {}, badge(t('webhooks.tries', { n: attempts }), 'wait'), ' ', el('span', { class: 'detail' }, clean(error) || (status ? `HTTP ${status}` : '')),
    next ? el('span', { class: 'soft small below-text' }, t('webhooks.next', { at: moment(next) })) : null);
}

const deliveryTable = (page, items) => table({
  caption: t('webhooks.deliveries'),
  rows: items,
  key: (row) => row.id,
  columns: [
    { id: 'event', label: t('webhooks.event'), head: true, cell: (row) => el('span', {}, t(`webhooks.event.${row.event}`), el('code', { class: 'soft below wrap' }, row.uuid)) },
    { id: 'at', label: t('webhooks.created'), cell: (row) => ago(row.created_at) },
    { id: 'outcome', label: t('webhooks.outcome'), cell: outcome },
    { id: 'again', label: t('webhooks.again'), actions: true, cell: (row) => (row.state === 'delivered' ? el('div', { class: 'row' }, button({ label: t('webhooks.again'), icon: 'refresh', onclick: () => again(page, row) })) : null) },
  ],
});

/** @param {(hook: any) => Node} stateOf */
export function renderWebhook(page, stateOf) {
  const { one, deliveries: { items, next_cursor: next } } = page.data;
  const actions = [
    button({ label: t('webhooks.test'), icon: 'bell', kind: 'primary', disabled: !one.enabled, onclick: () => test(page) }),
    button({ label: t('webhooks.change'), icon: 'edit', onclick: () => change(page) }),
  ];
  return adminPage(page, { id: 'webhooks', title: clean(one.name), actions },
    el('p', {}, el('a', { href: '/admin/webhooks' }, t('webhooks.all'))),
    one.enabled || !one.disabled_reason ? null : message('bad', t('webhooks.disabled', { since: moment(one.disabled_at) }), clean(one.disabled_reason)),
    el('div', { class: 'panel stack', id: 'webhook' },
      facts([
        [t('webhooks.url'), el('code', {}, clean(one.url))],
        [t('webhooks.events'), el('span', { class: 'badges' }, one.events.map((event) => badge(t(`webhooks.event.${event}`))))],
        [t('webhooks.state'), stateOf(one)],
        [t('webhooks.pending'), t('webhooks.waiting', { n: one.pending })],
        [t('webhooks.since'), day(one.created_at)],
      ]),
      el('div', { class: 'row' }, button({ label: one.enabled ? t('webhooks.disable') : t('webhooks.enable'), onclick: () => flip(page) }), button({ label: t('webhooks.remove'), icon: 'trash', kind: 'danger', onclick: () => drop(page) }))),
    panel({ id: 'deliveries', title: t('webhooks.deliveries'), intro: t('webhooks.deliveriesIntro') },
      items.length ? deliveryTable(page, items) : empty({ title: t('webhooks.nothingSent'), text: t('webhooks.nothingSentText'), sign: 'bell' }),
      moreButton(next ? () => more(page) : null)));
}
