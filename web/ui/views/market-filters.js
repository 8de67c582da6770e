/**
 * What the market is narrowed to: kept in the address, so that it can be shared and survives a reload.
 */
import { el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { SORTS, STATUSES } from '../lib/lots.js';
import { setQuery } from '../lib/router.js';
import { button } from '../components/button.js';
import { field, selectField } from '../components/form.js';

const GROUPS = {
  open: ['active', 'finished'],
  upcoming: ['upcoming'],
  sold: ['sold'],
  ended: ['closed', 'expired'],
  all: STATUSES,
};
const LOOKS = ['cards', 'table'];
const TYPING_MS = 300;
const NARROWING = ['q', 'asset', 'seller', 'min', 'max'];

/** What the address asks for, with what cannot be asked left out. @returns {Object<string, string>} */
export function lookOf(page) {
  const asked = page.state.look ?? Object.fromEntries(page.query);
  const one = (name, values) => (values.includes(asked[name]) ? asked[name] : values[0]);
  const sats = (name) => (/^\d{1,16}$/.test(asked[name] ?? '') ? asked[name] : '');
  return {
    show: one('show', Object.keys(GROUPS)),
    sort: one('sort', SORTS),
    as: one('as', LOOKS),
    q: (asked.q ?? '').slice(0, 64),
    asset: asked.asset ?? '',
    seller: asked.seller ?? '',
    min: sats('min'),
    max: sats('max'),
  };
}

/** The same as the box takes it. @returns {Object<string, string>} */
export function filterOf(page) {
  const { show, sort, q, asset, seller, min, max } = lookOf(page);
  return { status: GROUPS[show].join(','), sort, q, asset: asset.trim(), seller: seller.trim(), min_price_sats: min, max_price_sats: max };
}

/** Whether more than the status narrows it. */
export const isNarrow = (page) => NARROWING.some((name) => lookOf(page)[name] !== '');

/** @param {Object<string, string|null>} changes */
export function chooseFilter(page, changes) {
  page.state.look = { ...lookOf(page), ...changes };
  setQuery(changes);
  if (NARROWING.every((name) => !page.state.look[name])) page.state.fresh = (page.state.fresh ?? 0) + 1; /* empty boxes */
  page.draw();
}

function narrowForm(page, changed) {
  const look = lookOf(page);
  let due = 0;
  const later = (name) => ({ target }) => {
    clearTimeout(due);
    due = setTimeout(() => {
      page.state.look = { ...lookOf(page), [name]: target.value };
      setQuery({ [name]: target.value });
      changed();
    }, TYPING_MS);
  };
  const box = (name, input) => field({
    name, label: t(`market.filter.${name}`), optional: true, unit: name === 'min' || name === 'max' ? 'sat' : undefined,
    input: { value: look[name], spellcheck: 'false', autocapitalize: 'none', autocomplete: 'off', oninput: later(name), ...input },
  });
  return el('div', { class: 'narrow-by', id: `narrow-by-${page.state.fresh ?? 0}`, 'data-island': true },
    box('q', { type: 'search', maxlength: 64, placeholder: t('market.filter.qHint') }),
    el('details', { open: ['asset', 'seller', 'min', 'max'].some((name) => look[name]) },
      el('summary', {}, t('market.filter.more')),
      el('div', { class: 'narrow-more' }, box('asset'), box('seller'), box('min', { inputmode: 'numeric' }), box('max', { inputmode: 'numeric' }))));
}

/** @param {() => void} changed read again */
export function filterBar(page, changed) {
  const { show, sort, as } = lookOf(page);
  const choose = (changes) => {
    chooseFilter(page, changes);
    changed();
  };
  const pressed = (name, value, is) => el('button', {
    type: 'button', id: `${name}-${value}`, 'aria-pressed': String(value === is), onclick: () => choose({ [name]: value }),
  }, t(`market.${name}.${value}`));
  return el('section', { class: 'filter-bar', 'aria-label': t('market.filters') },
    el('div', { class: 'filters', role: 'group', 'aria-label': t('market.column.status') }, Object.keys(GROUPS).map((group) => pressed('show', group, show))),
    narrowForm(page, changed),
    el('div', { class: 'arrange' },
      selectField({
        name: 'sort', id: 'sort', label: t('market.sortBy'), chosen: sort, options: SORTS.map((each) => [each, t(`market.sort.${each}`)]),
        onchange: ({ target }) => choose({ sort: target.value }),
      }),
      el('div', { class: 'filters looks', role: 'group', 'aria-label': t('market.look') }, LOOKS.map((look) => pressed('as', look, as))),
      isNarrow(page) ? button({ label: t('market.reset'), kind: 'quiet', icon: 'close', onclick: () => choose(Object.fromEntries(NARROWING.map((name) => [name, null]))) }) : null));
}
