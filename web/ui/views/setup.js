/**
 * The first-run wizard. The box remembers the step, this browser what was typed: it goes on after a reload, and on
 * another device from the step that was saved last.
 */
import { readSettings, readSetup, saveSetupStep } from '../lib/api.js';
import { el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { navigate } from '../lib/router.js';
import { may, session } from '../lib/session.js';
import { button } from '../components/button.js';
import { message, pageHead } from '../components/panel.js';
import { stepper } from '../components/stepper.js';
import * as certificate from './setup-certificate.js';
import * as claim from './setup-claim.js';
import * as counterparty from './setup-counterparty.js';
import * as finish from './setup-finish.js';
import * as modules from './setup-modules.js';
import * as node from './setup-node.js';

/**
 * @typedef {Object} Step a module setup-<name>.js
 * @property {(page: any, go: {next: () => Promise<void>, back: () => Promise<void>}, back: Node[]) => any} body
 *   `back`: the button, where there is a way back
 * @property {(page: any) => void} [enter] when the step is shown
 */

/** In order; the names are the box's. @type {[string, Step][]} */
const STEPS = [['claim', claim], ['node', node], ['counterparty', counterparty], ['modules', modules], ['certificate', certificate], ['done', finish]];
const indexOf = (name) => Math.max(0, STEPS.findIndex(([id]) => id === name));

export const title = () => t('setup.title');

export async function load(page) {
  const setup = await readSetup();
  if (setup.claimed && !session.get()) {
    navigate('/login?next=/setup', { replace: true });
    throw new DOMException('left', 'AbortError');
  }
  const at = setup.claimed ? Math.max(1, indexOf(setup.step)) : 0;
  page.state.at ??= at;
  return { setup, settings: setup.claimed && may('admin') ? await readSettings() : null };
}

async function enter(page, at) {
  await saveSetupStep(STEPS[at][0]);
  page.data.settings = await readSettings();
  page.state.at = at;
  page.draw();
  STEPS[at][1].enter?.(page);
  setTimeout(() => document.getElementById('step-title')?.focus(), 60);
}

export function open(page) {
  STEPS[page.state.at][1].enter?.(page);
}

export function render(page) {
  const { at } = page.state;
  const [name, step] = STEPS[at];
  const go = {
    next: () => enter(page, Math.min(at + 1, STEPS.length - 1)),
    back: () => enter(page, at - 1),
  };
  const back = at > 1 ? [button({ label: t('setup.back'), icon: 'back', kind: 'quiet', onclick: go.back })] : [];
  return el('div', { class: 'reading stack' },
    pageHead(t('setup.title'), { intro: t('setup.intro') }),
    stepper(t('setup.steps'), STEPS.map(([id]) => t(`setup.step.${id}`)), at),
    page.data.setup.claimed && !may('admin') ? message('bad', t('setup.ownerOnly'))
      : el('section', { class: 'panel stack', 'data-key': `step-${name}`, 'aria-labelledby': 'step-title' },
        el('h2', { id: 'step-title', tabindex: -1 }, t(`setup.head.${name}`)),
        el('p', { class: 'soft' }, t(`setup.about.${name}`)),
        step.body(page, go, back)));
}
