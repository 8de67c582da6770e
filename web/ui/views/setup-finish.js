/**
 * Last step: what was chosen, and the restart that makes it so.
 */
import { el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { navigate } from '../lib/router.js';
import { restartAndWait } from '../lib/restart.js';
import { settingOf } from '../lib/settings.js';
import { button } from '../components/button.js';
import { facts, message } from '../components/panel.js';

async function restart(page) {
  const tell = (what) => {
    page.state.restarting = what;
    page.draw();
  };
  if (await restartAndWait(() => tell('now'))) navigate('/dashboard');
  else tell('lost');
}

export function body(page, go, back) {
  const { settings } = page.data;
  const value = (key) => settingOf(settings, key)?.value;
  if (page.state.restarting === 'now') return message('info', t('setup.restarting'), t('setup.restartingText'));
  return [
    page.state.restarting === 'lost' ? message('bad', t('setup.lost'), t('setup.lostText')) : null,
    facts([
      [t('setup.step.node'), el('code', {}, value('node.url'))],
      [t('setup.network'), value('node.network')],
      [t('setup.step.counterparty'), el('code', {}, value('counterparty.url'))],
    ]),
    settings.pending ? message('wait', t('setup.pending'), t('setup.pendingText')) : message('good', t('setup.ready')),
    el('div', { class: 'row' },
      settings.pending ? button({ label: t('setup.restart'), icon: 'refresh', kind: 'primary', onclick: () => restart(page) })
        : button({ label: t('setup.toDashboard'), icon: 'next', kind: 'primary', onclick: () => navigate('/dashboard') }),
      back),
  ];
}
