/**
 * What the box does: every setting "<module>.enabled" is a switch here.
 */
import { hasText, t } from '../lib/i18n.js';
import { saveSettings } from '../lib/settings.js';
import { choice, form } from '../components/form.js';
import { message } from '../components/panel.js';

const isModule = ({ key, type }) => type === 'switch' && key.endsWith('.enabled');
const words = (kind, { group, help }) => (hasText(`setup.${kind}.${group}`) ? t(`setup.${kind}.${group}`) : kind === 'module' ? group : help);

export function body(page, go, back) {
  const modules = page.data.settings.items.filter(isModule);
  return form({
    id: 'modules-form',
    submit: t('setup.saveNext'),
    onsubmit: async (values) => {
      page.data.settings = await saveSettings(page.data.settings, values);
      await go.next();
    },
    more: back,
    fields: [
      choice({ name: 'dutch', label: t('setup.module.dutch'), hint: t('setup.moduleHint.dutch'), checked: true, disabled: true }),
      modules.map((setting) => choice({
        name: setting.key, label: words('module', setting), hint: words('moduleHint', setting), checked: setting.value === true, disabled: setting.forced,
      })),
      modules.some(({ forced }) => forced) ? message('info', t('setup.forced'), t('setup.forcedText')) : null,
    ],
  });
}
