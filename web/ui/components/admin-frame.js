/**
 * What every admin page stands in: the list of the others beside it, which is a menu on a phone. Shown is what the
 * session's scopes allow; the box decides again.
 */
import { el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { may } from '../lib/session.js';
import { icon } from './icon.js';
import { pageHead } from './panel.js';

const GROUPS = [
  { id: 'access', pages: [
    { id: 'users', sign: 'users', needs: 'admin' },
    { id: 'keys', sign: 'key', needs: 'admin' },
    { id: 'sessions', sign: 'eye', needs: 'admin' },
  ] },
  { id: 'market', pages: [
    { id: 'listings', sign: 'tag', needs: 'operate' },
    { id: 'webhooks', sign: 'bell', needs: 'admin' },
  ] },
  { id: 'box', pages: [
    { id: 'settings', sign: 'settings', needs: 'admin' },
    { id: 'tls', sign: 'lock', needs: 'operate' },
    { id: 'backups', sign: 'archive', needs: 'admin' },
    { id: 'system', sign: 'memory', needs: 'operate' },
    { id: 'logs', sign: 'log', needs: 'operate' },
    { id: 'audit', sign: 'shield', needs: 'operate' },
  ] },
];

/** Groups with the pages that the person of now may see. */
export const adminGroups = () =>
  GROUPS.map(({ id, pages }) => ({ id, pages: pages.filter(({ needs }) => may(needs)) })).filter(({ pages }) => pages.length > 0);

function list(current) {
  return adminGroups().map(({ id, pages }) => el('div', { class: 'admin-group', 'data-key': id },
    el('h2', { id: `admin-group-${id}` }, t(`admin.group.${id}`)),
    el('ul', { 'aria-labelledby': `admin-group-${id}` }, pages.map((page) => el('li', {},
      el('a', { href: `/admin/${page.id}`, 'aria-current': page.id === current ? 'page' : null }, icon(page.sign), t(`admin.page.${page.id}`)))))));
}

function menu(page, current) {
  const open = page.state.adminMenu === true;
  const toggle = () => {
    page.state.adminMenu = !open;
    page.draw();
  };
  return el('nav', { class: `admin-nav${open ? ' open' : ''}`, 'aria-label': t('admin.pages') },
    el('button', { type: 'button', class: 'button', id: 'admin-toggle', 'aria-expanded': String(open), 'aria-controls': 'admin-list', onclick: toggle },
      t('admin.title'), icon(open ? 'up' : 'down')),
    el('div', { id: 'admin-list' }, list(current)));
}

/**
 * @param {any} page of app.js
 * @param {{id: string, intro?: string, actions?: Node[], title?: string}} it id: of the page in the list; title: when it is not the list's word
 * @param {...any} children
 */
export const adminPage = (page, { id, title = t(`admin.page.${id}`), intro, actions }, ...children) =>
  el('div', { class: 'admin' },
    menu(page, id),
    el('div', { class: 'admin-body stack' }, pageHead(title, { intro, actions }), children));
