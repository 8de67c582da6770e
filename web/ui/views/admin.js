/**
 * Where the admin pages begin: each with a sentence on what it is for.
 */
import { el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { adminGroups } from '../components/admin-frame.js';
import { icon } from '../components/icon.js';
import { pageHead, panel } from '../components/panel.js';

export const title = () => t('admin.title');

const entry = ({ id, sign }) =>
  el('li', {}, el('a', { href: `/admin/${id}` }, icon(sign),
    el('span', {}, el('strong', {}, t(`admin.page.${id}`)), el('span', { class: 'soft small' }, t(`admin.for.${id}`)))));

export const render = () => [
  pageHead(t('admin.title'), { intro: t('admin.intro') }),
  el('div', { class: 'grid admin-cards' }, adminGroups().map(({ id, pages }) =>
    panel({ id: `admin-${id}`, title: t(`admin.group.${id}`) }, el('ul', {}, pages.map(entry))))),
];
