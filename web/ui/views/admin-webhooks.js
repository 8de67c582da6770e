/**
 * Receivers of events. One of them, by ?id=, with what was sent to it (views/admin-webhook.js).
 */
import { addWebhook, listDeliveries, listWebhooks } from '../lib/api-admin.js';
import { clean, el } from '../lib/html.js';
import { Problem } from '../lib/http.js';
import { t } from '../lib/i18n.js';
import { navigate } from '../lib/router.js';
import { adminPage } from '../components/admin-frame.js';
import { badge, status } from '../components/badge.js';
import { button, linkButton } from '../components/button.js';
import { copyBox } from '../components/copy-box.js';
import { openDialog } from '../components/dialog.js';
import { message } from '../components/panel.js';
import { empty } from '../components/states.js';
import { table } from '../components/table.js';
import { DELIVERIES, followDeliveries, renderWebhook, webhookForm } from './admin-webhook.js';

const READ_MS = 10000;

export const title = () => t('admin.page.webhooks');

/** @returns {Promise<{items: any[], events: string[], max: number, one?: any, deliveries?: any}>} */
export async function load(page) {
  const all = await listWebhooks();
  if (!page.query.has('id')) return all;
  const one = all.items.find(({ id }) => String(id) === page.query.get('id'));
  if (!one) throw new Problem(404, { code: 'webhook.unknown', detail: t('webhooks.unknown') });
  return { ...all, one, deliveries: await listDeliveries(one.id, { limit: DELIVERIES }, page.left) };
}

export function open(page) {
  if (page.data.one) followDeliveries(page);
  else page.every(READ_MS, page.refresh);
}

const showSecret = (made) => openDialog({
  title: t('webhooks.made', { name: clean(made.name) }),
  body: el('div', { class: 'stack' },
    message('wait', t('webhooks.once'), t('webhooks.onceText')),
    copyBox({ label: t('webhooks.secret'), text: made.secret }),
    el('p', { class: 'soft small' }, t('webhooks.sign')),
    el('pre', { class: 'sample', tabindex: 0, role: 'region', 'aria-label': t('webhooks.sign') }, 'Gavel-Signature: t=…,v1=HMAC-SHA256(secret, t + "." + body)')),
  footer: (close) => [button({ label: t('webhooks.kept'), kind: 'primary', onclick: () => close() })],
});

async function add(page) {
  const made = await openDialog({
    title: t('webhooks.new'),
    body: (close) => webhookForm({ events: page.data.events, submit: t('webhooks.add'), save: async (values) => close(await addWebhook(values)) }),
  });
  if (!made) return;
  await showSecret(made);
  navigate(`/admin/webhooks?id=${made.id}`);
}

export const stateOf = (hook) => (hook.enabled ? status(hook.attempts ? 'wait' : 'good', hook.attempts ? t('webhooks.failing', { n: hook.attempts }) : t('webhooks.on')) : status('bad', t('webhooks.off')));

export function render(page) {
  if (page.data.one) return renderWebhook(page, stateOf);
  const { items, events, max } = page.data;
  const create = button({ label: t('webhooks.new'), icon: 'plus', kind: 'primary', disabled: items.length >= max, onclick: () => add(page) });
  return adminPage(page, { id: 'webhooks', intro: t('webhooks.intro'), actions: [create] },
    items.length ? el('div', { class: 'panel', id: 'webhooks' }, table({
      caption: t('admin.page.webhooks'),
      rows: items,
      key: (hook) => hook.id,
      columns: [
        { id: 'name', label: t('webhooks.name'), head: true, cell: (hook) => el('span', {}, el('a', { href: `/admin/webhooks?id=${hook.id}` }, clean(hook.name)), el('code', { class: 'soft below wrap' }, clean(hook.url))) },
        { id: 'events', label: t('webhooks.events'), cell: (hook) => (hook.events.length === events.length ? t('webhooks.every') : el('span', { class: 'badges' }, hook.events.map((event) => badge(t(`webhooks.event.${event}`))))) },
        { id: 'state', label: t('webhooks.state'), cell: stateOf },
        { id: 'pending', label: t('webhooks.pending'), amount: true, cell: (hook) => t('webhooks.waiting', { n: hook.pending }) },
        { id: 'open', label: t('webhooks.open'), actions: true, cell: (hook) => el('div', { class: 'row' }, linkButton({ href: `/admin/webhooks?id=${hook.id}`, label: t('webhooks.open') })) },
      ],
    })) : empty({ title: t('webhooks.none'), text: t('webhooks.noneText'), sign: 'bell' }),
    el('p', { class: 'soft small' }, t('webhooks.private')));
}
