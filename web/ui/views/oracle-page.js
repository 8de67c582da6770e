/**
 * The parts of the price page, empty: what fills them finds them by their ids.
 */
import { icon } from '../components/icon.js';
import { panel } from '../components/panel.js';
import { el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { navigation } from '../routes.js';
import { isOn } from '../lib/modules.js';

/** A canvas with its tip and the button that brings it back, as components/plot.js wants them. */
const chart = (id, label, attributes = {}) =>
  el('div', { id, class: `chart ${attributes.class ?? ''}` },
    el('canvas', { tabindex: 0, role: 'img', 'aria-label': label, 'aria-describedby': attributes.help }),
    el('div', { class: 'tip', hidden: true }),
    el('button', { type: 'button', hidden: true }, t('oracle.reset')));

const legend = (id, marks) =>
  el('ul', { id, class: 'legend' }, marks.map(({ look, text, ...rest }) => el('li', rest, el('i', { class: look }), text)));

const fold = (id, text, attributes = {}) =>
  el('details', { id, class: 'numbers', ...attributes }, el('summary', {}, text), el('div', {}));

const priceNow = () => el('section', { class: 'panel', 'aria-labelledby': 'price' },
  el('div', { class: 'headline' },
    el('div', {},
      el('p', { class: 'kicker' }, t('oracle.unit'), el('span', { id: 'state', class: 'badge' })),
      el('h1', { id: 'price', class: 'usd' }, '…'),
      el('p', { id: 'range', class: 'soft' })),
    el('div', { id: 'confidence', class: 'confidence' })),
  el('dl', { id: 'figures', class: 'figures' }),
  el('p', { id: 'progress', class: 'blocks-progress', hidden: true }),
  chart('scatter', t('oracle.chart'), { help: 'scatter-help' }),
  legend('legend', [
    { look: 'dots', text: t('oracle.legend.points') },
    { look: 'line now', text: t('oracle.legend.now') },
    { look: 'area', text: t('oracle.legend.range') },
    { look: 'line blocks', text: t('oracle.legend.blocks'), id: 'legend-blocks', hidden: true },
  ]),
  el('p', { id: 'scatter-help', class: 'soft small' }, t('oracle.chartHelp')),
  fold('points', t('oracle.table.points')),
  fold('blocks', t('oracle.table.blocks'), { hidden: true }));

const history = () => panel({
  id: 'past', title: t('oracle.history'),
  actions: [el('div', { id: 'ranges', class: 'ranges', role: 'group', 'aria-label': t('oracle.historyLength') })],
},
el('p', { id: 'history-text', class: 'soft', role: 'status' }),
chart('history', t('oracle.historyChart'), { class: 'low' }),
legend('history-legend', [
  { look: 'line now', text: t('oracle.legend.price') },
  { look: 'hole', text: t('oracle.legend.hole') },
]),
fold('samples', t('oracle.table.history')));

const json = (path, text) => el('a', { href: `/api/v1/oracle${path}` }, text);

/** The header's links, as components/shell.js draws them. @param {(needs: string|undefined) => boolean} may */
export function drawPages(may) {
  document.getElementById('pages').replaceChildren(...navigation.filter(({ needs, module }) => may(needs) && isOn(module)).map(({ href, text }) =>
    el('a', { href, 'aria-current': href === '/oracle' ? 'page' : null }, t(text))));
}

/** On a phone the links open at a touch. */
function startMenu() {
  const pages = document.getElementById('pages');
  const toggle = document.getElementById('menu-toggle');
  pages.setAttribute('aria-label', t('shell.pages'));
  toggle.setAttribute('aria-label', t('shell.menu'));
  toggle.replaceChildren(icon('menu'));
  toggle.addEventListener('click', () => toggle.setAttribute('aria-expanded', String(pages.classList.toggle('open'))));
}

/** Fills header, main and foot of oracle.html. */
export function buildPage() {
  document.getElementById('main').replaceChildren(
    el('div', { id: 'notice', class: 'notice', hidden: true }),
    el('div', { class: 'stack' },
      priceNow(),
      history(),
      panel({ id: 'day-prices', title: t('oracle.days'), intro: t('oracle.daysText') }, el('div', { id: 'days' })),
      panel({ id: 'made', title: t('oracle.made') }, el('dl', { id: 'facts', class: 'facts' }))),
    el('p', { id: 'spoken', class: 'hidden-text', role: 'status', 'aria-live': 'polite' }));
  document.getElementById('foot').replaceChildren(
    el('span', {}, t('oracle.foot')),
    el('span', { class: 'row' }, el('a', { href: '/ca.crt' }, t('shell.certificate')),
      json('', t('oracle.foot.now')), json('/history', t('oracle.foot.history')),
      json('/blocks', t('oracle.foot.blocks')), json('/days', t('oracle.foot.days'))));
  document.querySelector('.skip').textContent = t('shell.skip');
  startMenu();
  drawPages((needs) => !needs);
}
