/**
 * What the box is made of and how it does: memory, pools, threads, wear, versions. Words shared with the dashboard.
 */
import { readSystem } from '../lib/api.js';
import { applyUpdate, dropUpdate, readUpdate, uploadUpdate } from '../lib/api-admin.js';
import { overhear } from '../lib/box.js';
import { boxNow, bytes, duration, integer, moment } from '../lib/format.js';
import { clean, el } from '../lib/html.js';
import { problemText } from '../lib/http.js';
import { t } from '../lib/i18n.js';
import { may, session } from '../lib/session.js';
import { adminPage } from '../components/admin-frame.js';
import { alertsOf, alertWords } from '../components/alerts.js';
import { status } from '../components/badge.js';
import { button } from '../components/button.js';
import { field, form } from '../components/form.js';
import { facts, message, panel } from '../components/panel.js';
import { gauge } from '../components/progress.js';
import { table } from '../components/table.js';

const QUIET_MS = 30000;
const ASK_MS = 2000;

export const title = () => t('admin.page.system');
export const load = (page) => readSystem(page.left);
export function open(page) {
  if (may('admin')) watchUpdate(page);
  return overhear('box', (system) => { page.data = system; page.draw(); }, page.left);
}

const of = (used, all, write = integer) => t('dashboard.of', { used: write(used), all: write(all) });

/** A table of numbers that scrolls instead of becoming cards. @param {string} id @param {any[]} rows @param {[string, string, (row: any) => any][]} columns */
const numbers = (id, caption, rows, columns) => table({
  caption, rows, key: ({ name, class: kind }) => `${id}-${name ?? kind}`, cards: false,
  columns: columns.map(([name, label, cell], i) => ({ id: name, label, cell, head: i === 0, amount: i > 0 })),
});

function boxPanel({ version, board, uptime_s: uptime, now, clock_set: clock, memory, hardware, engine }) {
  return panel({ id: 'about', title: t('system.about'), class: 'stack' },
    gauge({ id: 'memory', label: t('dashboard.memory'), value: memory.resident_bytes, max: memory.budget_bytes, text: of(memory.resident_bytes, memory.budget_bytes, bytes), level: memory.resident_bytes > 0.9 * memory.budget_bytes ? 'wait' : 'good' }),
    facts([
      [t('dashboard.version'), version],
      [t('system.board'), board],
      [t('system.temperature'), hardware.temperature_millicelsius === null ? null : t('system.degrees', { n: Math.round(hardware.temperature_millicelsius / 1000) })],
      [t('dashboard.uptime'), duration(uptime)],
      [t('dashboard.clock'), clock ? moment(now) : status('bad', t('dashboard.clockUnset'))],
      [t('system.commands'), integer(engine.commands)],
      [t('system.commits'), integer(engine.commits)],
      [t('system.commitsFailed'), engine.commits_failed ? status('bad', integer(engine.commits_failed)) : integer(0)],
      [t('system.queueRefused'), integer(engine.queue_refused)],
    ]));
}

function diskPanel({ disk }) {
  const used = disk.total_bytes - disk.free_bytes;
  return panel({ id: 'disk-panel', title: t('system.disk'), intro: t('system.diskIntro'), class: 'stack' },
    gauge({ id: 'disk', label: t('dashboard.disk'), value: used, max: disk.total_bytes, text: t('dashboard.diskFree', { free: bytes(disk.free_bytes), all: bytes(disk.total_bytes) }), level: disk.free_bytes < 0.1 * disk.total_bytes ? 'bad' : 'good' }),
    facts([[t('dashboard.database'), bytes(disk.database_bytes)], [t('system.wal'), bytes(disk.wal_bytes)]]),
    numbers('written', t('system.written'), disk.written, [
      ['class', t('system.class'), (row) => row.class],
      ['day', t('system.day'), (row) => bytes(row.day_bytes)],
      ['total', t('system.total'), (row) => bytes(row.total_bytes)],
    ]));
}

const threadsPanel = ({ threads }) => panel({ id: 'threads', title: t('system.threads'), intro: t('system.threadsIntro') },
  numbers('thread', t('system.threads'), threads, [
    ['name', t('system.thread'), ({ name }) => name],
    ['alive', t('system.alive'), ({ alive_ms_ago: quiet }) => status(quiet > QUIET_MS ? 'bad' : 'good', duration(quiet / 1000))],
  ]));

const poolsPanel = ({ pools }) => panel({ id: 'pools', title: t('dashboard.pools'), intro: t('dashboard.poolsIntro') },
  numbers('pool', t('dashboard.pools'), pools, [
    ['name', t('dashboard.pool'), ({ name }) => name],
    ['use', t('dashboard.inUse'), (pool) => of(pool.in_use, pool.size)],
    ['low', t('dashboard.lowWater'), (pool) => integer(pool.low_water)],
    ['refused', t('dashboard.refused'), (pool) => integer(pool.refused)],
    ['bytes', t('system.slot'), (pool) => bytes(pool.slot_bytes)],
  ]));

const heapsPanel = ({ heaps }) => panel({ id: 'heaps', title: t('system.heaps'), intro: t('system.heapsIntro') },
  numbers('heap', t('system.heaps'), heaps, [
    ['name', t('system.heap'), ({ name }) => name],
    ['use', t('dashboard.inUse'), (heap) => of(heap.in_use, heap.bytes, bytes)],
    ['high', t('system.high'), (heap) => bytes(heap.high_water)],
    ['refused', t('dashboard.refused'), (heap) => integer(heap.refused)],
  ]));

/* ---- Updates: a release taken in, written beside the one that runs, tried, kept or not ---- */

async function ask(page, work = readUpdate) {
  page.state.update = await work() ?? await readUpdate();
  page.draw();
}

function watchUpdate(page) {
  const look = () => ask(page).catch(() => undefined); /* the shell says that the box does not answer */
  look();
  page.every(ASK_MS, () => { if ((page.state.update?.here?.phase ?? 'idle') !== 'idle') look(); });
}

const uploadForm = (page) => form({
  id: 'update-form',
  submit: t('backups.upload'),
  kind: '',
  onsubmit: async (_values, node) => {
    const [file] = node.querySelector('input').files;
    if (file) await ask(page, () => uploadUpdate(file));
  },
  fields: [field({ name: 'file', label: t('update.file'), control: el('input', { type: 'file' }) })],
});

const stagedRow = (page, { version }, blocked) => [
  blocked ? message('wait', clean(problemText(blocked.code, blocked.error))) : null,
  el('div', { class: 'row' },
    button({ label: t('update.install', { version }), kind: 'primary', disabled: Boolean(blocked), onclick: () => ask(page, applyUpdate) }),
    button({ label: t('backups.remove'), onclick: () => ask(page, dropUpdate) })),
];

function content(page, { trusts, staged, here: { phase, done, all, last, failed, blocked } }) {
  if (phase !== 'idle') return gauge({ id: 'update-gauge', label: t(`update.${phase in { asked: 1, checking: 1 } ? 'installing' : phase}`), value: all ? done : null, max: all || 1 });
  return [
    last ? message(last.confirmed ? 'good' : 'wait', t(last.confirmed ? 'update.kept' : 'update.back', last)) : null,
    failed ? message('bad', clean(problemText(failed.code, failed.error))) : null,
    staged ? stagedRow(page, staged, blocked) : trusts ? uploadForm(page) : message('info', t('update.noKey')),
  ];
}

function updatePanel(page) {
  const { update } = page.state;
  return panel({ id: 'updates', title: t('system.updates'), intro: t('system.updatesNow', page.data), class: 'stack' },
    update && (update.here ? content(page, update) : message('info', t('system.updatesHow'))));
}

export function render(page) {
  const system = page.data;
  const alerts = alertsOf({ node: null, system, session: session.get(), nowMs: boxNow() }).filter(({ id }) => id !== 'totp');
  return adminPage(page, { id: 'system', intro: t('system.intro') },
    alerts.map((alert) => {
      const { title: what, text } = alertWords(alert);
      const box = message(alert.level, what, text);
      box.dataset.key = `${alert.id}-${alert.params?.name ?? ''}`;
      return box;
    }),
    el('div', { class: 'grid wide' }, boxPanel(system), diskPanel(system)),
    poolsPanel(system),
    el('div', { class: 'grid wide' }, heapsPanel(system), threadsPanel(system)),
    may('admin') ? updatePanel(page) : null);
}
