/**
 * Putting a backup back: from the shelf or from a file, with what that means said before, and seen through to the box
 * that comes up with it.
 */
import { beginRestore, readRestore, uploadBackup } from '../lib/api-admin.js';
import { moment } from '../lib/format.js';
import { clean, el } from '../lib/html.js';
import { problemText } from '../lib/http.js';
import { t } from '../lib/i18n.js';
import { restore as restoreSession } from '../lib/session.js';
import { openDialog } from '../components/dialog.js';
import { choice, field, form, passwordField } from '../components/form.js';
import { message, panel } from '../components/panel.js';
import { gauge } from '../components/progress.js';
import { toast } from '../components/toast.js';

const ASK_MS = 1000;
const PATIENCE = 300;
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** The restored box, or why not. @param {string|undefined} earlier time of a restore before @returns {Promise<'done'|'lost'|BackupJob>} */
async function seeThrough(page, earlier) {
  for (let i = 0; i < PATIENCE && !page.left.aborted; i++) {
    await pause(ASK_MS);
    try {
      const { job, restored } = await readRestore(page.left);
      page.state.job = job;
      page.draw();
      if (restored && restored.at !== earlier) return 'done';
      if (job?.work === 'restore' && job.state === 'failed') return job;
    } catch (problem) {
      if (problem.code !== 'offline') throw problem; /* it is away for a moment: that is the point */
    }
  }
  return 'lost';
}

async function run(page, order) {
  const { restored } = await readRestore(page.left);
  await beginRestore(order);
  return async () => {
    page.state.restoring = true;
    page.state.end = null;
    page.draw();
    const end = await seeThrough(page, restored?.at);
    page.state.restoring = false;
    page.state.end = end;
    if (end === 'done') await restoreSession();
    await page.reload();
  };
}

const restoreForm = (page, row, close) => form({
  id: 'restore-form',
  submit: t('backups.restoreNow'),
  kind: 'danger',
  onsubmit: async ({ passphrase, settings, replace }) =>
    close(await run(page, { id: row.id, settings, replace, ...(passphrase ? { passphrase } : {}) })),
  fields: [
    message('wait', t('backups.restoreWhat'), t('backups.restoreWhatText')),
    passwordField({ name: 'passphrase', label: t('backups.passphrase'), hint: t('backups.restorePassphrase'), optional: true, input: { autocomplete: 'off' } }),
    choice({ name: 'settings', label: t('backups.withSettings'), hint: t('backups.withSettingsHint'), checked: true }),
    choice({ name: 'replace', label: t('backups.replace'), hint: t('backups.replaceHint') }),
  ],
});

/** @param {{id: string, created_at?: string}} row */
export async function restoreDialog(page, row) {
  const follow = await openDialog({
    title: row.created_at ? t('backups.restoreTitle', { at: moment(row.created_at) }) : t('backups.restoreFile'),
    body: (close) => restoreForm(page, row, close),
  });
  await follow?.();
}

export function restoreNotice({ state: { restoring, job, end } }) {
  if (restoring) {
    const known = job?.work === 'restore' && job.state === 'running';
    return el('div', { class: 'panel stack', id: 'job' },
      gauge({ id: 'job-gauge', label: t('backups.work.restore'), value: known && job.all ? job.done : null, max: (known && job.all) || 1, text: known ? t(`backups.step.${job.step}`) : '' }),
      el('p', { class: 'soft' }, t('backups.restoring')));
  }
  if (!end) return null;
  if (end === 'done') return message('good', t('backups.restored'), t('backups.restoredText'));
  if (end === 'lost') return message('bad', t('backups.lost'), t('backups.lostText'));
  return message('bad', t('backups.failed.restore'), clean(problemText(end.code, end.error)));
}

export const uploadPanel = (page, busy) => panel({ id: 'upload', title: t('backups.fromFile'), intro: t('backups.fromFileIntro') }, form({
  id: `upload-form-${page.state.uploads ?? 0}`,
  submit: t('backups.upload'),
  kind: '',
  onsubmit: async (_values, node) => {
    const [file] = node.querySelector('input[type="file"]').files;
    if (!file) {
      toast(t('backups.noFile'), { sign: 'info' });
      return;
    }
    const { id } = await uploadBackup(file);
    page.state.uploads = (page.state.uploads ?? 0) + 1;
    await page.reload();
    restoreDialog(page, page.data.items.find((row) => row.id === id) ?? { id });
  },
  fields: [field({ name: 'file', label: t('backups.file'), control: el('input', { type: 'file', accept: '.gavel', disabled: busy }) })],
}));
