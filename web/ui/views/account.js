/**
 * One's own account: password, second factor, where one is signed in.
 */
import { beginTotp, changePassword, confirmTotp, endSession, listSessions, removeTotp } from '../lib/api.js';
import { el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { navigate } from '../lib/router.js';
import { restore, session, signOut } from '../lib/session.js';
import { badge } from '../components/badge.js';
import { button } from '../components/button.js';
import { copyButton } from '../components/copy-box.js';
import { openDialog } from '../components/dialog.js';
import { field, form, passwordField } from '../components/form.js';
import { pageHead, panel } from '../components/panel.js';
import { qr } from '../components/qr.js';
import { sessionTable } from '../components/session-table.js';
import { toast } from '../components/toast.js';

const CODE_INPUT = { class: 'code-input', inputmode: 'numeric', autocomplete: 'one-time-code', maxlength: 6 };
const codeProblem = (code) => (/^\d{6}$/.test(code) ? '' : t('login.codeShape'));

export const title = () => t('account.title');
export const load = async () => (await listSessions()).items;

function passwordPanel() {
  return panel({ id: 'password', title: t('account.password'), intro: t('account.passwordIntro') }, form({
    id: 'password-form',
    submit: t('account.passwordChange'),
    check: (values) => ({
      current: values.current ? '' : t('login.passwordNeeded'),
      new: values.new.length >= 12 ? '' : t('account.passwordShort'),
      again: values.again === values.new ? '' : t('account.passwordDiffers'),
    }),
    onsubmit: async (values, node) => {
      await changePassword({ current: values.current, new: values.new });
      await restore();
      node.reset();
      toast(t('account.passwordChanged'));
    },
    fields: [
      passwordField({ name: 'current', label: t('account.passwordCurrent') }),
      passwordField({ name: 'new', label: t('account.passwordNew'), hint: t('account.passwordHint'), input: { autocomplete: 'new-password' } }),
      passwordField({ name: 'again', label: t('account.passwordAgain'), input: { autocomplete: 'new-password' } }),
    ],
  }));
}

/** Whoever has only found the browser open must not lock its owner out. @returns {Promise<{secret: string, uri: string}|undefined>} */
const offerTotp = () => openDialog({
  title: t('account.totpSetUp'),
  body: (close) => form({
    submit: t('account.totpGoOn'),
    onsubmit: async ({ password }) => close(await beginTotp(password)),
    fields: [passwordField({ name: 'password', label: t('account.passwordCurrent') })],
  }),
});

/** The secret as QR and as text, and the code that proves it arrived. */
async function setUpTotp(page) {
  const offer = await offerTotp();
  if (!offer) return;
  const { secret, uri } = offer;
  const done = await openDialog({
    title: t('account.totpSetUp'),
    body: (close) => el('div', { class: 'stack' },
      el('p', {}, t('account.totpScan')),
      qr(uri, t('account.totpQr'), { caption: el('code', {}, secret.replace(/(.{4})/g, '$1 ').trim()) }),
      el('div', { class: 'row' }, copyButton(secret, t('account.totpCopy'))),
      form({
        submit: t('account.totpOn'),
        check: ({ code }) => ({ code: codeProblem(code) }),
        onsubmit: async ({ code }) => { await confirmTotp(code); close(true); },
        fields: [field({ name: 'code', label: t('account.totpCode'), input: CODE_INPUT })],
      })),
  });
  if (done) await totpChanged(page, t('account.totpIsOn'));
}

async function dropTotp(page) {
  const done = await openDialog({
    title: t('account.totpRemove'),
    body: (close) => form({
      submit: t('account.totpOff'),
      kind: 'danger',
      check: ({ code }) => ({ code: codeProblem(code) }),
      onsubmit: async ({ password, code }) => { await removeTotp({ password, code }); close(true); },
      fields: [
        el('p', {}, t('account.totpRemoveText')),
        passwordField({ name: 'password', label: t('account.passwordCurrent') }),
        field({ name: 'code', label: t('account.totpCode'), input: CODE_INPUT }),
      ],
    }),
  });
  if (done) await totpChanged(page, t('account.totpIsOff'));
}

async function totpChanged(page, text) {
  await restore();
  page.draw();
  toast(text);
}

function totpPanel(page) {
  const on = session.get()?.user.totp === true;
  return panel({
    id: 'totp',
    title: t('account.totp'),
    intro: t('account.totpIntro'),
    actions: [badge(on ? t('account.on') : t('account.off'), on ? 'good' : 'wait')],
  }, on ? button({ label: t('account.totpRemove'), kind: 'danger', onclick: () => dropTotp(page) })
    : button({ label: t('account.totpSetUp'), icon: 'qr', kind: 'primary', onclick: () => setUpTotp(page) }));
}

async function end(page, row) {
  if (row.current) {
    await signOut();
    navigate('/login');
    return;
  }
  await endSession(row.id);
  await page.reload();
  toast(t('account.sessionEnded'));
}

function sessionsPanel(page) {
  const name = session.get()?.user.name;
  const own = page.data.filter((row) => row.user === name);
  return panel({ id: 'sessions', title: t('account.sessions'), intro: t('account.sessionsIntro') },
    sessionTable({ caption: t('account.sessions'), rows: own, onend: (row) => end(page, row) }));
}

export function render(page) {
  const now = session.get();
  if (!now) return [];
  return el('div', { class: 'reading stack' },
    pageHead(t('account.title'), { intro: t('account.intro', { name: now.user.name, role: t(`role.${now.user.role}`) }) }),
    totpPanel(page), passwordPanel(), sessionsPanel(page));
}

export function open(page) {
  session.listen(page.draw, page.left);
  page.every(30000, page.refresh);
}
