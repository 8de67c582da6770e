/**
 * What a page shows when it has nothing to show: each cause looks different, and says what one can do.
 */
import { el } from '../lib/html.js';
import { ago } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { button } from './button.js';
import { icon } from './icon.js';

/** Appears after a quarter of a second: most answers are faster. @param {number} [blocks] */
export const loading = (blocks = 3) =>
  el('div', { class: 'skeleton', role: 'status', 'aria-label': t('state.loading') },
    Array.from({ length: blocks + 1 }, () => el('div', { 'aria-hidden': 'true' })));

/** @param {{title: string, text?: string, sign?: string, actions?: Node[]}} it */
export const empty = ({ title, text, sign = 'empty', actions = [] }) =>
  el('div', { class: 'state' }, icon(sign), el('h2', {}, title), text ? el('p', {}, text) : null,
    actions.length ? el('div', { class: 'row' }, actions) : null);

/**
 * Loading failed. No answer at all looks different from a refusal.
 * @param {any} problem @param {() => any} [again] @param {'h1'|'h2'} [level] h1 when it is all the page has
 */
export function failed(problem, again, level = 'h2') {
  const lost = problem.code === 'offline';
  return el('div', { class: `state ${lost ? 'offline' : 'failed'}`, role: 'alert' },
    icon(lost ? 'offline' : 'alert'),
    el(level, {}, lost ? t('state.offline') : problem.status === 404 ? t('state.notFound') : t('state.failed')),
    el('p', {}, lost ? t('state.offlineText') : problem.text ?? t('problem.unknown')),
    problem.requestId ? el('p', { class: 'small' }, t('state.request', { id: problem.requestId })) : null,
    again ? el('div', { class: 'row' }, button({ label: t('state.again'), icon: 'refresh', onclick: again })) : null);
}

/** What follows is not of now. @param {string} since RFC 3339 */
export const stale = (since) => el('p', { class: 'stale' }, t('state.stale', { since: ago(since) }));
