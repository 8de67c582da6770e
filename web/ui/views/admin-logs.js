/**
 * The box's log: its newest lines, narrowed by level, part and word, following what comes.
 */
import { readLogs } from '../lib/api-admin.js';
import { overhear } from '../lib/box.js';
import { timeAt } from '../lib/format.js';
import { clean, el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { adminPage } from '../components/admin-frame.js';
import { badge } from '../components/badge.js';
import { button } from '../components/button.js';
import { downloadButton } from '../components/copy-box.js';
import { field, selectField } from '../components/form.js';
import { empty } from '../components/states.js';

const LEVELS = ['trace', 'debug', 'info', 'unusual', 'broken'];
const LEVEL_LOOK = { unusual: 'wait', broken: 'bad', info: 'info' };
const KEPT = 400;
const FIRST = 200;
const TYPING_MS = 300;
const NEAR_END = 60;

export const title = () => t('admin.page.logs');

const filterOf = (page) => page.state.filter ?? { level: 'info', module: '', q: '' };

export const load = (page) => readLogs({ ...filterOf(page), limit: FIRST }, page.left);

/** The list stays at its end while one looks at the end. */
function keepEnd(page, change) {
  const list = document.getElementById('log');
  const atEnd = !list || list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_END;
  change();
  page.draw();
  if (atEnd) setTimeout(() => document.getElementById('log')?.scrollTo({ top: 1e9 }), 60);
}

/** A restarted box counts from one again: then everything is read anew. */
async function followOn(page) {
  page.state.grown = true;
  if (page.state.paused || page.state.asking) return;
  page.state.asking = true;
  page.state.grown = false;
  try {
    const filter = filterOf(page);
    const { items, last } = await readLogs({ ...filter, since: page.data.last, limit: KEPT }, page.left);
    if (filter !== filterOf(page) || (items.length === 0 && last === page.data.last)) return;
    if (last < page.data.last) await page.reload();
    else keepEnd(page, () => { page.data = { items: [...page.data.items, ...items].slice(-KEPT), last }; });
  } catch (problem) {
    if (problem.text === undefined && problem.name !== 'AbortError') throw problem; /* else the shell says it */
  } finally {
    page.state.asking = false;
  }
  if (page.state.grown) await followOn(page); /* meanwhile */
}

export function open(page) {
  page.state.filter = filterOf(page);
  document.getElementById('log')?.scrollTo({ top: 1e9 });
  overhear('logs', () => followOn(page), page.left);
}

async function narrow(page, change) {
  page.state.filter = { ...filterOf(page), ...change };
  const data = await load(page);
  keepEnd(page, () => { page.data = data; });
}

function filters(page) {
  const { level, module, q } = filterOf(page);
  let due = 0;
  const later = (name) => ({ target }) => {
    clearTimeout(due);
    due = setTimeout(() => narrow(page, { [name]: target.value.trim() }).catch(() => undefined), TYPING_MS); /* the shell says that the box does not answer */
  };
  const box = (name, value, input) => field({
    name, label: t(`logs.${name}`), optional: true,
    input: { value, spellcheck: 'false', autocapitalize: 'none', autocomplete: 'off', oninput: later(name), ...input },
  });
  return el('div', { class: 'filter-row', id: 'log-filter', 'data-island': true },
    selectField({ name: 'level', label: t('logs.level'), chosen: level, options: LEVELS.map((each) => [each, t(`logs.above.${each}`)]), onchange: ({ target }) => narrow(page, { level: target.value }) }),
    box('module', module, { maxlength: 23, placeholder: 'node' }),
    box('q', q, { type: 'search', maxlength: 63 }));
}

const line = ({ number, at, level, module, text }) =>
  el('li', { class: level, 'data-key': number }, el('time', { datetime: at, title: at }, timeAt(Date.parse(at) / 1000, 'second')),
    LEVEL_LOOK[level] ? badge(t(`logs.is.${level}`), LEVEL_LOOK[level]) : badge(t(`logs.is.${level}`)),
    el('b', {}, clean(module)), el('span', {}, clean(text)));

const asText = (items) => items.map(({ at, level, module, text }) => `${at} ${level} ${module} ${text}\n`).join('');

export function render(page) {
  const { items } = page.data;
  const { paused } = page.state;
  const toggle = () => {
    page.state.paused = !paused;
    page.draw();
    if (paused) followOn(page);
  };
  return adminPage(page, {
    id: 'logs', intro: t('logs.intro'),
    actions: [button({ id: 'log-follow', label: paused ? t('logs.follow') : t('logs.pause'), icon: paused ? 'next' : 'clock', onclick: toggle, attributes: { 'aria-pressed': String(!paused) } }),
      downloadButton(asText(items), 'gavel.log', { type: 'text/plain' })],
  },
  filters(page),
  items.length ? el('ol', { class: 'log', id: 'log', tabindex: 0, 'aria-label': t('admin.page.logs') }, items.map(line))
    : empty({ title: t('logs.none'), text: t('logs.noneText'), sign: 'log' }),
  el('p', { class: 'soft small', id: 'log-foot' }, paused ? t('logs.isPaused', { n: items.length }) : t('logs.follows', { n: items.length })));
}
