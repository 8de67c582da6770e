/**
 * Short news at the foot of the page, read out by screen readers. Nothing that must be read is only here.
 */
import { el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { icon } from './icon.js';

const SHOWN_MS = 6000;
const AT_ONCE = 3;

/** @param {string} text @param {{sign?: string}} [look] */
export function toast(text, { sign = 'check' } = {}) {
  const region = document.getElementById('toasts');
  const box = el('div', { class: 'toast' }, icon(sign), el('span', {}, text),
    el('button', { type: 'button', 'aria-label': t('toast.close'), onclick: () => box.remove() }, icon('close')));
  region.append(box);
  while (region.childElementCount > AT_ONCE) region.firstElementChild.remove();
  /* Pointer or focus on it holds it: nobody is hurried (WCAG 2.2.1). */
  const fade = () => setTimeout(() => {
    if (box.matches(':hover, :focus-within')) fade();
    else box.remove();
  }, SHOWN_MS);
  fade();
}

/** @param {any} problem what a call threw. Not ours: thrown on, so that a test sees it. */
export function toastProblem(problem) {
  if (problem.name === 'AbortError') return;
  if (problem.text === undefined) throw problem;
  toast(problem.text, { sign: 'alert' });
}
