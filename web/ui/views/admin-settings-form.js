/**
 * One group of settings as a form. What was typed stays when another group is saved; what somebody else changed
 * meanwhile is shown beside one's own before anything is overwritten.
 */
import { changeSettings, readSettings } from '../lib/api.js';
import { el } from '../lib/html.js';
import { etagOf } from '../lib/http.js';
import { hasText, t } from '../lib/i18n.js';
import { badge } from '../components/badge.js';
import { button } from '../components/button.js';
import { choice, field, form, passwordField, selectField } from '../components/form.js';
import { message, panel } from '../components/panel.js';
import { toast } from '../components/toast.js';

const textOr = (key, other) => (hasText(key) ? t(key) : other);
export const groupName = (group) => textOr(`settings.group.${group}`, group);
const settingName = ({ key }) => textOr(`setting.${key}`, key);
const helpOf = ({ key, help }) => textOr(`settingHelp.${key}`, help);

/** @param {Setting} setting */
function shown({ type, value }) {
  if (type === 'switch') return value ? t('settings.on') : t('settings.off');
  return value === '' ? t('settings.blank') : String(value);
}

/** Why it cannot be changed here. @param {Setting} setting */
function forcedBy({ key, source }) {
  if (source === 'environment') return t('settings.forcedEnvironment', { name: `GAVEL_${key.toUpperCase().replace('.', '__')}` });
  return source === 'flag' ? t('settings.forcedFlag') : t('settings.forcedStart');
}

/** Where the value is from, and whether it runs already. @param {Setting} setting */
const origin = (setting) => el('p', { class: 'origin' },
  el('code', {}, setting.key),
  badge(t(`settings.source.${setting.source}`), setting.forced ? 'info' : setting.source === 'stored' ? 'accent' : ''),
  setting.pending ? badge(t('settings.waits'), 'wait') : null);

function hintOf(setting) {
  const { type, min, max, restart } = setting;
  const range = type === 'number' ? t('settings.range', { min, max }) : '';
  const kept = setting.secret ? t(setting.set ? 'settings.secretSet' : 'settings.secretNone') : '';
  return [helpOf(setting), range, kept, restart ? t('settings.later') : t('settings.atOnce')].filter(Boolean).join(' ');
}

/** @param {Setting} setting */
function controlOf(setting) {
  const { key: name, type, value, min, max, choices } = setting;
  const common = { name, label: settingName(setting), hint: hintOf(setting) };
  if (setting.forced) {
    return el('div', { class: 'stack' },
      field({ ...common, hint: helpOf(setting), control: el('input', { readonly: true, value: setting.secret ? t('settings.secretHidden') : shown(setting) }) }),
      el('p', { class: 'forced small' }, forcedBy(setting)));
  }
  if (setting.secret) return passwordField({ ...common, optional: true, input: { autocomplete: 'new-password', value: '' } });
  if (type === 'switch') return choice({ ...common, checked: value });
  if (type === 'choice') return selectField({ ...common, chosen: value, options: choices.map((each) => [each, each]) });
  const input = type === 'number' ? { type: 'number', min, max, step: 1, inputmode: 'numeric' } : { spellcheck: 'false', autocapitalize: 'none', autocomplete: 'off' };
  return field({ ...common, optional: type !== 'number', input: { ...input, value } });
}

const typed = ({ type }, value) => (type === 'number' && /^\d+$/.test(value) ? Number(value) : value);

/** What the person changed, against what this form was made from. @param {Setting[]} items */
function changesOf(items, values) {
  const changes = {};
  for (const setting of items.filter(({ forced }) => !forced)) {
    const value = typed(setting, values[setting.key]);
    if (setting.secret ? value !== '' : value !== setting.value) changes[setting.key] = value;
  }
  const cookie = 'node.cookie_file'; /* both stand in the form: with another address the box wants it again */
  if ('node.url' in changes && values[cookie]) changes[cookie] = values[cookie];
  return changes;
}

function wrongRange(items, values) {
  return Object.fromEntries(items.filter(({ type, forced }) => type === 'number' && !forced).map(({ key, min, max }) => {
    const n = Number(values[key]);
    return [key, /^\d+$/.test(values[key]) && n >= min && n <= max ? '' : t('settings.range', { min, max })];
  }));
}

/** The next drawing makes the form of the group anew, from what the box says. */
function renew(page, group) {
  page.state.turn = { ...page.state.turn, [group]: (page.state.turn?.[group] ?? 0) + 1 };
  page.state.conflict = { ...page.state.conflict, [group]: null };
  page.draw();
}

/** Somebody was faster: the newest are read, and what is theirs and what is ours shown together. */
async function meetConflict(page, group, items, changes) {
  page.data = await readSettings();
  const theirs = page.data.items.filter((now) => now.group === group && !now.secret && items.some((then) => then.key === now.key && then.value !== now.value));
  page.state.conflict = { ...page.state.conflict, [group]: theirs.map((now) => ({ now, mine: changes[now.key] })) };
  page.draw();
}

async function save(page, group, items, changes) {
  try {
    page.data = await changeSettings(changes, etagOf(page.data));
  } catch (problem) {
    if (problem.status !== 412) throw problem;
    await meetConflict(page, group, items, changes);
    return;
  }
  renew(page, group);
  toast(t('settings.saved', { n: Object.keys(changes).length }));
}

/** @param {{now: Setting, mine: any}[]} theirs */
const conflictMessage = (page, group, theirs) => message('wait', t('settings.conflict'), t('settings.conflictText'),
  theirs.length ? el('ul', {}, theirs.map(({ now, mine }) => el('li', {}, el('strong', {}, settingName(now)), ': ',
    mine === undefined ? t('settings.theirs', { theirs: shown(now) }) : t('settings.theirsAndMine', { theirs: shown(now), mine: shown({ ...now, value: mine }) })))) : null,
  el('p', {}, button({ label: t('settings.loadTheirs'), icon: 'refresh', onclick: () => renew(page, group) })));

/** Back to what file or program say. */
const resetButton = (page, group, items, setting) => button({
  label: t('settings.reset'), kind: 'quiet', icon: 'back',
  attributes: { 'aria-label': t('settings.resetOf', { name: settingName(setting) }) },
  onclick: () => save(page, group, items, { [setting.key]: null }),
});

/** @param {string} group */
export function settingsGroup(page, group) {
  const items = page.data.items.filter((each) => each.group === group);
  const conflict = page.state.conflict?.[group];
  const open = items.some(({ forced }) => !forced);
  const row = (setting) => el('div', { class: 'setting' },
    el('div', { class: 'row between' }, origin(setting), setting.source === 'stored' && !setting.forced ? resetButton(page, group, items, setting) : null),
    controlOf(setting));
  const id = `form-${group}-${page.state.turn?.[group] ?? 0}`;
  return panel({ id: `group-${group}`, title: groupName(group) },
    el('div', { role: 'alert', id: `conflict-${group}` }, conflict ? conflictMessage(page, group, conflict) : null),
    open ? form({
      id,
      submit: t('settings.save'),
      check: (values) => wrongRange(items, values),
      onsubmit: async (values) => {
        const changes = changesOf(items, values);
        if (Object.keys(changes).length) await save(page, group, items, changes);
        else toast(t('settings.nothing'), { sign: 'info' });
      },
      fields: items.map(row),
    }) : el('div', { class: 'stack', id }, items.map(row)));
}
