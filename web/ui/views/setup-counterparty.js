/**
 * Where the facts about assets come from: a Counterparty server, which cannot run beside a pruned node.
 */
import { keepDraft, readDraft, dropDraft } from '../lib/draft.js';
import { t } from '../lib/i18n.js';
import { saveSettings, settingOf } from '../lib/settings.js';
import { field, form } from '../components/form.js';
import { message } from '../components/panel.js';

const DRAFT = 'setup.counterparty';
const KEY = 'counterparty.url';

export function body(page, go, back) {
  const setting = settingOf(page.data.settings, KEY);
  return form({
    id: 'counterparty-form',
    submit: t('setup.saveNext'),
    oninput: (values) => keepDraft(DRAFT, values),
    check: ({ url }) => ({ url: /^https?:\/\/[^\s@]+$/.test(url) ? '' : t('setup.urlShape') }),
    onsubmit: async ({ url }) => {
      page.data.settings = await saveSettings(page.data.settings, { [KEY]: url });
      dropDraft(DRAFT);
      await go.next();
    },
    more: back,
    fields: [
      setting.forced ? message('info', t('setup.forced'), t('setup.forcedText')) : null,
      field({
        name: 'url', label: t('setup.counterpartyUrl'), hint: t('setup.counterpartyHint', { standard: setting.default }),
        input: { type: 'url', inputmode: 'url', spellcheck: 'false', readonly: setting.forced, value: readDraft(DRAFT).url ?? setting.value },
      }),
      message('info', t('setup.counterpartyTrust'), t('setup.counterpartyTrustText')),
    ],
  });
}
