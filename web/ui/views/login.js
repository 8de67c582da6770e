/**
 * Signing in: name and password, then the one-time code where the account asks for one.
 */
import { readSetup } from '../lib/api.js';
import { el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { navigate } from '../lib/router.js';
import { session, signIn } from '../lib/session.js';
import { button } from '../components/button.js';
import { field, form, passwordField } from '../components/form.js';
import { message, pageHead } from '../components/panel.js';

/** What the box answers when the password is right and the code is missing. */
const CODE_WANTED = 'session.totp_required';

/** Back to where one was, on this box only. */
function onward(page) {
  const next = page.query.get('next') ?? '';
  navigate(/^\/(?![/\\])\S*$/.test(next) ? next : '/dashboard', { replace: true });
}

export const title = () => t('login.title');

/** A box without an owner has nobody to sign in. */
export async function load() {
  const { claimed } = await readSetup();
  if (!claimed) navigate('/setup', { replace: true });
}

export function open(page) {
  if (session.get()) onward(page);
}

function passwordForm(page) {
  const { state } = page;
  return form({
    id: 'login-password',
    submit: t('login.submit'),
    check: ({ name, password }) => ({ name: name ? '' : t('login.nameNeeded'), password: password ? '' : t('login.passwordNeeded') }),
    onsubmit: async ({ name, password }) => {
      try {
        await signIn({ name: name.trim(), password });
      } catch (problem) {
        if (problem.code !== CODE_WANTED) throw problem;
        Object.assign(state, { name: name.trim(), password });
        page.draw();
        return;
      }
      onward(page);
    },
    fields: [
      field({ name: 'name', label: t('login.name'), input: { autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false', autofocus: true, value: state.name } }),
      passwordField({ name: 'password', label: t('login.password') }),
    ],
  });
}

function codeForm(page) {
  const { state } = page;
  const back = () => {
    state.password = undefined;
    page.draw();
  };
  return form({
    id: 'login-code',
    submit: t('login.submit'),
    check: ({ totp }) => ({ totp: /^\s*\d{3}\s?\d{3}\s*$/.test(totp) ? '' : t('login.codeShape') }),
    onsubmit: async ({ totp }) => {
      await signIn({ name: state.name, password: state.password, totp: totp.replace(/\s/g, '') });
      state.password = undefined;
      onward(page);
    },
    more: [button({ label: t('login.back'), kind: 'quiet', onclick: back })],
    fields: [
      field({
        name: 'totp', label: t('login.code'), hint: t('login.codeHint'),
        input: { class: 'code-input', inputmode: 'numeric', autocomplete: 'one-time-code', maxlength: 7, autofocus: true },
      }),
    ],
  });
}

export function render(page) {
  const asksCode = page.state.password !== undefined;
  return el('div', { class: 'narrow stack' },
    pageHead(asksCode ? t('login.codeTitle') : t('login.title'), { intro: asksCode ? t('login.codeIntro', { name: page.state.name }) : t('login.intro') }),
    page.query.has('next') && !asksCode ? message('info', t('login.needed')) : null,
    el('div', { class: 'panel' }, asksCode ? codeForm(page) : passwordForm(page)),
    el('p', { class: 'soft small' }, t('login.lost')));
}
