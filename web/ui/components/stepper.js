/**
 * Where one is in a sequence of steps.
 */
import { el } from '../lib/html.js';
import { t } from '../lib/i18n.js';

/** @param {string} label what the steps lead to @param {string[]} names @param {number} at index of the present one */
export const stepper = (label, names, at) =>
  el('nav', { 'aria-label': label },
    el('ol', { class: 'stepper' }, names.map((name, i) =>
      el('li', { class: i < at ? 'done' : '', 'aria-current': i === at ? 'step' : null }, name))),
    el('p', { class: 'stepper-now' }, t('stepper.now', { n: at + 1, of: names.length, name: names[at] })));
