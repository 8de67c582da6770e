/**
 * Every setting of the box, as a form made from its table: one part for each group, each saved by itself.
 */
import { readSettings } from '../lib/api.js';
import { el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { restartAndWait } from '../lib/restart.js';
import { adminPage } from '../components/admin-frame.js';
import { button } from '../components/button.js';
import { confirm } from '../components/dialog.js';
import { message } from '../components/panel.js';
import { toast } from '../components/toast.js';
import { groupName, settingsGroup } from './admin-settings-form.js';

export const title = () => t('admin.page.settings');
export const load = () => readSettings();

async function restart(page) {
  if (!await confirm({ title: t('settings.restartTitle'), text: t('settings.restartText'), yes: t('settings.restart'), danger: false })) return;
  const tell = (what) => {
    page.state.restarting = what;
    page.draw();
  };
  if (!await restartAndWait(() => tell('now'))) {
    tell('lost');
    return;
  }
  tell(null);
  await page.reload();
  toast(t('settings.restarted'));
}

function notice(page) {
  const { restarting } = page.state;
  if (restarting === 'now') return message('info', t('settings.restarting'), t('settings.restartingText'));
  if (restarting === 'lost') return message('bad', t('settings.lost'), t('settings.lostText'));
  if (!page.data.pending) return null;
  return message('wait', t('settings.pending'), t('settings.pendingText'),
    el('p', {}, button({ label: t('settings.restart'), icon: 'refresh', onclick: () => restart(page) })));
}

export function render(page) {
  const groups = [...new Set(page.data.items.map(({ group }) => group))];
  return adminPage(page, { id: 'settings', intro: t('settings.intro') },
    el('div', { id: 'settings-notice', role: 'status' }, notice(page)),
    el('nav', { class: 'jump', 'aria-label': t('settings.groups') }, groups.map((group) => el('a', { href: `#group-${group}`, 'data-key': group }, groupName(group)))),
    groups.map((group) => settingsGroup(page, group)));
}
