/**
 * Page heading, panels, lists of facts, messages: what most pages are made of.
 */
import { el } from '../lib/html.js';
import { icon } from './icon.js';

/** The one h1 of a page; it gets the focus when the page is opened by a link. */
export const pageHead = (title, { intro, actions = [] } = {}) =>
  el('header', { class: 'page-head' },
    el('div', {}, el('h1', { id: 'page-title', tabindex: -1 }, title), intro ? el('p', {}, intro) : null),
    actions.length ? el('div', { class: 'row' }, actions) : null);

/**
 * @param {{id: string, title: string, intro?: string, actions?: Node[], class?: string}} it
 * @param {...any} children
 */
export const panel = ({ id, title, intro, actions = [], class: look = '' }, ...children) =>
  el('section', { class: `panel ${look}`, id, 'aria-labelledby': `${id}-title` },
    el('header', {}, el('h2', { id: `${id}-title` }, title), actions.length ? el('div', { class: 'row' }, actions) : null,
      intro ? el('p', {}, intro) : null),
    children);

/** @param {[string, any][]} rows name and value; rows without a value are left out */
export const facts = (rows) =>
  el('dl', { class: 'facts' }, rows.filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))));

const SIGNS = { info: 'info', good: 'check', wait: 'alert', bad: 'alert' };

/**
 * Something to know, and what to do about it.
 * @param {'info'|'good'|'wait'|'bad'} level @param {string} title @param {...any} more text, links, buttons
 */
export const message = (level, title, ...more) =>
  el('div', { class: `message ${level}` }, icon(SIGNS[level]),
    el('div', {}, el('strong', {}, title), more.map((part) => (typeof part === 'string' ? el('p', {}, part) : part))));
