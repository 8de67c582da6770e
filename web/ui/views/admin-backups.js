/**
 * Backups: made, taken along, tried and put back. What takes long is a job of the box, and shown as it goes on.
 */
import { backupFile, listBackups, makeBackup, removeBackup, verifyBackup } from '../lib/api-admin.js';
import { ago, bytes, moment } from '../lib/format.js';
import { clean, el } from '../lib/html.js';
import { problemText } from '../lib/http.js';
import { t } from '../lib/i18n.js';
import { adminPage } from '../components/admin-frame.js';
import { badge, status } from '../components/badge.js';
import { button, linkButton } from '../components/button.js';
import { confirm, openDialog } from '../components/dialog.js';
import { form, passwordField } from '../components/form.js';
import { facts, message, panel } from '../components/panel.js';
import { gauge } from '../components/progress.js';
import { empty } from '../components/states.js';
import { table } from '../components/table.js';
import { restoreDialog, restoreNotice, uploadPanel } from './admin-restore.js';

const PASSPHRASE_MIN = 12;
const JOB_MS = 1000;
const QUIET_MS = 15000;

export const title = () => t('admin.page.backups');
export const load = (page) => listBackups(page.left);

const running = (page) => page.data.job?.state === 'running';

export function open(page) {
  let asked = 0;
  page.every(JOB_MS, () => {
    if (page.state.restoring || (!running(page) && Date.now() - asked < QUIET_MS)) return;
    asked = Date.now();
    page.refresh();
  });
}

const passphraseForm = (close) => form({
  id: 'passphrase-form',
  submit: t('backups.make'),
  check: ({ passphrase, again }) => ({
    passphrase: passphrase.length >= PASSPHRASE_MIN ? '' : t('backups.passphraseShort'),
    again: again === passphrase ? '' : t('backups.passphraseDiffers'),
  }),
  onsubmit: async ({ passphrase }) => { await makeBackup(passphrase); close(true); },
  fields: [
    message('wait', t('backups.passphraseKeep'), t('backups.passphraseKeepText')),
    passwordField({ name: 'passphrase', label: t('backups.passphrase'), hint: t('backups.passphraseHint'), input: { autocomplete: 'new-password' } }),
    passwordField({ name: 'again', label: t('backups.passphraseAgain'), input: { autocomplete: 'new-password' } }),
  ],
});

async function make(page) {
  if (page.data.has_key) await makeBackup();
  else if (!await openDialog({ title: t('backups.first'), body: passphraseForm })) return;
  await page.reload();
}

/** Another for all that come; the older keep theirs. */
async function newPassphrase(page) {
  if (await openDialog({ title: t('backups.newPassphrase'), body: passphraseForm })) await page.reload();
}

async function verify(page, row) {
  await verifyBackup(row.id);
  await page.reload();
}

async function drop(page, row) {
  if (!await confirm({ title: t('backups.removeTitle', { at: moment(row.created_at) }), text: t('backups.removeText'), yes: t('backups.remove') })) return;
  await removeBackup(row.id);
  await page.reload();
}

function jobNotice({ data: { job } }) {
  if (!job || job.work === 'restore') return null;
  if (job.state === 'running') {
    return el('div', { class: 'panel', id: 'job' }, gauge({
      id: 'job-gauge', label: t(`backups.work.${job.work}`), value: job.all ? job.done : null, max: job.all ?? 1, text: t(`backups.step.${job.step}`),
    }));
  }
  if (job.state === 'failed') return message('bad', t(`backups.failed.${job.work}`), clean(problemText(job.code, job.error)));
  return message('good', t(`backups.done.${job.work}`));
}

function verdict({ verified, verified_at: at }) {
  if (verified === null) return t('backups.untried');
  return verified ? status('good', t('backups.tried', { since: ago(at) })) : status('bad', t('backups.bad', { since: ago(at) }));
}

const shelf = (page, busy) => table({
  caption: t('backups.shelf'),
  rows: page.data.items,
  key: (row) => row.id,
  columns: [
    { id: 'at', label: t('backups.made'), head: true, cell: (row) => el('span', {}, moment(row.created_at), ' ', badge(t(row.automatic ? 'backups.automatic' : 'backups.byHand')), el('code', { class: 'soft below' }, row.id)) },
    { id: 'size', label: t('backups.size'), cell: (row) => bytes(row.bytes) },
    { id: 'tried', label: t('backups.trial'), cell: verdict },
    { id: 'do', label: t('backups.actions'), actions: true, cell: (row) => el('div', { class: 'row' },
      linkButton({ href: backupFile(row.id), label: t('copy.download'), icon: 'download', download: `gavel-${row.id}.gavel` }),
      button({ label: t('backups.verify'), disabled: busy, onclick: () => verify(page, row) }),
      button({ label: t('backups.restore'), disabled: busy, onclick: () => restoreDialog(page, row) }),
      button({ label: t('backups.remove'), icon: 'trash', kind: 'danger', bare: true, onclick: () => drop(page, row) })) },
  ],
});

export function render(page) {
  const { items, has_key: hasKey, created_at: made, verified_at: tried } = page.data;
  const busy = running(page) || page.state.restoring === true;
  return adminPage(page, { id: 'backups', intro: t('backups.intro'), actions: [button({ label: t('backups.now'), icon: 'archive', kind: 'primary', disabled: busy, onclick: () => make(page) })] },
    el('div', { id: 'backup-notice', role: 'status' }, restoreNotice(page) ?? jobNotice(page)),
    panel({ id: 'backup-state', title: t('backups.state') }, facts([
      [t('backups.last'), made ? ago(made) : status('wait', t('backups.never'))],
      [t('backups.lastTrial'), tried ? ago(tried) : t('backups.never')],
      [t('backups.nightly'), hasKey ? el('a', { href: '/admin/settings#group-backups' }, t('backups.nightlyOn')) : t('backups.nightlyNeeds')],
    ]), hasKey ? el('div', { class: 'row' }, button({ label: t('backups.newPassphrase'), icon: 'key', disabled: busy, onclick: () => newPassphrase(page) })) : null),
    items.length ? panel({ id: 'shelf', title: t('backups.shelf'), intro: t('backups.shelfIntro') }, shelf(page, busy))
      : empty({ title: t('backups.none'), text: t('backups.noneText'), sign: 'archive' }),
    uploadPanel(page, busy));
}
