/**
 * What keeps the price from being one to rely on: what it is, since when, and what the reader can do.
 */
import { boxNow, duration, integer, percent, usdShort, when } from '../lib/format.js';
import { el } from '../lib/html.js';
import { t } from '../lib/i18n.js';

/** The box calls a price stale this long after the last transaction. */
const STALE_S = 600;
/** A window that fills longer than this has a reason. */
const LONG_S = 600;
const OUTPUTS_NEEDED = 100;
/** Another price worth naming. */
const APART = 0.05;
const SIGN = { offline: '×', off: '–', waiting: '…', filling: '…', few: '…', node_behind: '!', uncertain: '?', stale: '~' };

/**
 * @typedef {Object} Notice
 * @property {'offline'|'off'|'waiting'|'filling'|'few'|'node_behind'|'uncertain'|'stale'} kind
 * @property {string} [text]
 * @property {string} [advice]
 * @property {number} [progress] 0..1
 * @property {string} [progressText]
 * @property {string} [countdown]
 * @property {() => void} [retry]
 */

/** @returns {Notice} */
function offline({ lostAt, retryAt, retry }) {
  const wait = Math.ceil((retryAt - Date.now()) / 1000);
  return {
    kind: 'offline',
    text: t('oracle.notice.offline.text', { since: when(lostAt) }),
    advice: t('oracle.notice.offline.advice'),
    countdown: wait > 0 ? t('oracle.notice.retryIn', { time: duration(wait) }) : t('oracle.notice.retrying'),
    retry,
  };
}

/** @returns {Notice} */
function filling({ facts }, now) {
  const since = when(now.state_since);
  if (now.filled < 1) {
    return {
      kind: 'filling',
      text: t('oracle.notice.filling.text', { since }),
      advice: t('oracle.notice.filling.advice'),
      progress: now.filled,
      progressText: t('oracle.notice.filling.progress', { share: percent(now.filled) }),
    };
  }
  const outputs = facts ? facts.window.outputs : 0;
  const isLong = boxNow() / 1000 - now.state_since > LONG_S;
  return {
    kind: 'few',
    text: t('oracle.notice.few.text', { since, outputs: integer(outputs), needed: OUTPUTS_NEEDED }),
    advice: t(isLong ? 'oracle.notice.few.long' : 'oracle.notice.filling.advice'),
    progress: Math.min(1, outputs / OUTPUTS_NEEDED),
    progressText: t('oracle.notice.few.progress', { outputs: integer(outputs), needed: OUTPUTS_NEEDED }),
  };
}

/** @returns {Notice} */
function uncertain({ facts }, now) {
  const since = when(now.state_since);
  const other = facts?.wide && now.price !== null && Math.abs(facts.wide / now.price - 1) > APART ? facts.wide : null;
  return {
    kind: 'uncertain',
    text: other ? t('oracle.notice.uncertain.other', { since, price: usdShort(other) }) : t('oracle.notice.uncertain.text', { since }),
    advice: t('oracle.notice.uncertain.advice'),
  };
}

/** @returns {Notice} */
const simple = (kind, since) => ({
  kind,
  text: t(`oracle.notice.${kind}.text`, { since: when(since) }),
  advice: t(`oracle.notice.${kind}.advice`),
});

const OF_STATE = {
  filling,
  uncertain,
  node_behind: (_state, now) => simple('node_behind', now.state_since),
  stale: (_state, now) => simple('stale', now.state_since - STALE_S),
};

/** @param {any} state of the page @param {any} now the newest message @returns {Notice|null} null: all is well */
export function noticeOf(state, now) {
  if (state.off) return simple('off', 0);
  if (state.link === 'offline') return offline(state);
  if (!now) return { kind: 'waiting' };
  return OF_STATE[now.state]?.(state, now) ?? null;
}

let shown = '';

/** Made anew only when it is of another kind, so that its button keeps the focus; else its words are replaced. */
export function renderNotice(notice) {
  const place = document.getElementById('notice');
  const kind = notice?.kind ?? '';
  if (kind !== shown) {
    shown = kind;
    place.hidden = notice === null;
    place.dataset.state = kind;
    place.replaceChildren(...(notice ? build(notice) : []));
  }
  if (notice) update(place, notice);
}

function build(notice) {
  const part = (tag, name) => el(tag, { 'data-part': name });
  return [
    el('span', { class: 'sign', 'aria-hidden': 'true' }, SIGN[notice.kind]),
    el('div', { class: 'words' },
      el('div', { role: 'status' }, el('strong', {}, t(`oracle.notice.${notice.kind}.title`)), part('p', 'text'), part('p', 'advice')),
      notice.progress === undefined ? null : el('label', { class: 'bar' }, el('progress', { max: 1 }), part('span', 'progressText')),
      notice.retry ? el('div', { class: 'bar' },
        el('button', { type: 'button', onclick: notice.retry }, t('oracle.notice.retry')), part('span', 'countdown')) : null),
  ];
}

function update(place, notice) {
  for (const part of place.querySelectorAll('[data-part]')) {
    const text = notice[part.dataset.part] ?? '';
    if (part.textContent !== text) part.textContent = text;
  }
  const bar = place.querySelector('progress');
  if (bar) bar.value = notice.progress;
}
