/**
 * First step: whoever reads the code at the box becomes its owner.
 */
import { claimBox } from '../lib/api.js';
import { keepDraft, readDraft, dropDraft } from '../lib/draft.js';
import { el } from '../lib/html.js';
import { chooseLanguage, currentLanguage, LANGUAGES, t } from '../lib/i18n.js';
import { adopt } from '../lib/session.js';
import { field, form, passwordField, selectField } from '../components/form.js';
import { toastProblem } from '../components/toast.js';

const DRAFT = 'setup.claim';

/** A link with the code behind # never shows it to a proxy or a log. */
const codeOfLink = () => new URLSearchParams(location.hash.slice(1)).get('code') ?? '';

const languageField = () => selectField({
  name: 'language',
  label: t('setup.language'),
  hint: t('setup.languageHint'),
  chosen: currentLanguage(),
  options: Object.entries(LANGUAGES),
  onchange: ({ target }) => chooseLanguage(target.value).catch(toastProblem),
});

export function body(page, go) {
  const draft = readDraft(DRAFT);
  return form({
    id: `claim-${currentLanguage()}`,
    submit: t('setup.claim'),
    oninput: ({ code, name, password }) => {
      keepDraft(DRAFT, { code, name });
      page.state.password = password; /* in this page alone: the form is made anew when the language changes */
    },
    check: ({ code, name, password }) => ({
      code: /^\s*\d{4}[ -]?\d{4}\s*$/.test(code) ? '' : t('setup.codeShape'),
      name: name.trim() ? '' : t('setup.nameNeeded'),
      password: password.length >= 12 ? '' : t('setup.passwordShort'),
    }),
    onsubmit: async ({ code, name, password }) => {
      adopt(await claimBox({ code: code.replace(/\D/g, ''), name: name.trim(), password, language: currentLanguage() }));
      dropDraft(DRAFT);
      history.replaceState(null, '', location.pathname);
      page.data.setup = { ...page.data.setup, claimed: true };
      await go.next();
    },
    fields: [
      languageField(),
      field({
        name: 'code', label: t('setup.code'), hint: t('setup.codeHint'),
        input: { class: 'code-input', inputmode: 'numeric', autocomplete: 'off', maxlength: 11, value: draft.code || codeOfLink() },
      }),
      field({ name: 'name', label: t('setup.name'), hint: t('setup.nameHint'), input: { autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false', maxlength: 32, value: draft.name } }),
      passwordField({ name: 'password', label: t('setup.password'), hint: t('setup.passwordHint'), input: { autocomplete: 'new-password', value: page.state.password } }),
      el('p', { class: 'soft small' }, t('setup.passwordLost')),
    ],
  });
}
