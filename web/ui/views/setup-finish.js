/**
 * Last step: what was chosen, and the restart that makes it so.
 * @module
 */
import { readHealth, restartBox } from '../lib/api.js';
import { el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { navigate } from '../lib/router.js';
import { restore } from '../lib/session.js';
import { settingOf } from '../lib/settings.js';
import { button } from '../components/button.js';
import { facts, message } from '../components/panel.js';

const ASK_MS = 700;
const PATIENCE = 60;
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** The same box with a younger life. @returns {Promise<boolean>} */
async function cameBack(before) {
  for (let i = 0; i < PATIENCE; i++) {
    await pause(ASK_MS);
    try {
      const { uptime } = await readHealth();
      if (uptime < before + (i * ASK_MS) / 1000) return true;
    } catch {
      /* it is away: that is the point */
    }
  }
  return false;
}

async function restart(page) {
  const { uptime } = await readHealth();
  await restartBox();
  page.state.restarting = 'now';
  page.draw();
  if (!(await cameBack(uptime))) {
    page.state.restarting = 'lost';
    page.draw();
    return;
  }
  await restore();
  navigate('/dashboard');
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
