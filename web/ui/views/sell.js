/**
 * Selling, step by step: the plan of a falling price, its PSBTs to be signed in the seller's wallet, then the check and the
 * listing. The plan is kept in this tab; signed PSBTs are worth money and live only as long as the page.
 */
import { el } from '../lib/html.js';
import { follow, node } from '../lib/box.js';
import { readDraft } from '../lib/draft.js';
import { t } from '../lib/i18n.js';
import { followPriceHint } from '../lib/price-hint.js';
import { may, session } from '../lib/session.js';
import { button, linkButton } from '../components/button.js';
import { passwordField, form } from '../components/form.js';
import { message, pageHead } from '../components/panel.js';
import { stepper } from '../components/stepper.js';
import { checkStep } from './sell-check.js';
import { planStep } from './sell-plan.js';
import { signStep } from './sell-sign.js';
import { DRAFT } from './sell-steps.js';

const SCOPE = 'auctions:write';
const STEPS = [['plan', planStep], ['sign', signStep], ['check', checkStep]];

export const title = () => t('sell.title');

export async function load(page) {
  const { state } = page;
  state.plan ??= readDraft(DRAFT);
  state.step ??= 0;
  state.placed ??= new Map();
  return {};
}

export function open(page) {
  follow({ frame: (frame) => { if (frame.ch === 'node') page.draw(); } }, page);
  node.listen(page.draw, page.left);
  session.listen(page.draw, page.left);
  followPriceHint(page.draw, page.left);
  /* Signatures that nobody else has are lost with the page. */
  addEventListener('beforeunload', (event) => { if (page.state.placed.size) event.preventDefault(); }, { signal: page.left });
}

/** Listing needs a role or a key; planning and signing need nobody. */
function permission(page) {
  const { state } = page;
  if (may(SCOPE)) return null;
  if (state.key) return message('good', t('sell.keyHere'), button({ label: t('sell.keyForget'), kind: 'quiet', onclick: () => { state.key = null; page.draw(); } }));
  return message('info', session.get() ? t('sell.notAllowed') : t('sell.signIn'), t('sell.signInText'),
    el('div', { class: 'row' }, session.get() ? null : linkButton({ href: '/login?next=%2Fsell', label: t('menu.signIn'), icon: 'key', kind: 'primary' })),
    el('details', { id: 'sell-key' }, el('summary', {}, t('sell.useKey')), form({
      id: 'sell-key-form',
      submit: t('sell.keyUse'),
      kind: '',
      check: ({ key }) => ({ key: key.trim() ? '' : t('sell.keyNeeded') }),
      onsubmit: async ({ key }) => {
        state.key = key.trim();
        page.draw();
      },
      fields: [passwordField({ name: 'key', label: t('sell.key'), hint: t('sell.keyHint'), input: { autocomplete: 'off' } })],
    })));
}

export function render(page) {
  const { step } = page.state;
  const [, view] = STEPS[step];
  return el('div', { class: 'stack' },
    pageHead(t('sell.title'), { intro: t('sell.intro') }),
    permission(page),
    el('div', {}, stepper(t('sell.title'), STEPS.map(([name]) => t(`sell.step.${name}`)), step)),
    el('div', { class: 'stack', id: `sell-${STEPS[step][0]}` }, view(page)));
}
