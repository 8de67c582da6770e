/**
 * Forms: labels, hints, and errors where they belong. A problem of the box with pointers ("/password") marks the fields
 * of these names; what points nowhere stands above the buttons. The first marked field gets the focus.
 */
import { el, freshId } from '../lib/html.js';
import { problemText } from '../lib/http.js';
import { minutes } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { button } from './button.js';
import { message } from './panel.js';

/**
 * A label, its control, a hint and a place for what is wrong.
 * @param {Object} it
 * @param {string} it.name member of the body
 * @param {string} it.label
 * @param {string} [it.hint]
 * @param {boolean} [it.optional]
 * @param {HTMLElement} [it.control] any control; else an input is made from `input`
 * @param {Object<string, any>} [it.input] attributes of the input
 * @param {string} [it.unit] beside it
 * @param {Node} [it.beside] a button beside it
 * @returns {HTMLElement}
 */
export function field({ name, label, hint, optional = false, control, input = {}, unit, beside }) {
  const id = freshId(name);
  const box = control ?? el('input', { type: 'text', ...input });
  box.id ||= id;
  box.setAttribute('name', name);
  if (!optional) box.setAttribute('aria-required', 'true');
  box.setAttribute('aria-describedby', `${hint ? `${id}-hint ` : ''}${id}-error`);
  return el('div', { class: 'field', 'data-field': name },
    el('label', { for: box.id }, label, optional ? el('span', { class: 'optional' }, ` ${t('form.optional')}`) : null),
    unit || beside ? el('div', { class: 'with' }, box, unit ? el('span', { class: 'unit' }, unit) : null, beside) : box,
    hint ? el('span', { class: 'hint', id: `${id}-hint` }, hint) : null,
    el('span', { class: 'error', id: `${id}-error` }));
}

/** A password that can be looked at. */
export function passwordField({ input = {}, ...it }) {
  const control = el('input', { type: 'password', autocomplete: 'current-password', spellcheck: 'false', autocapitalize: 'none', ...input });
  const look = button({
    label: t('form.showPassword'), icon: 'eye', bare: true,
    attributes: { 'aria-pressed': 'false' },
    onclick: ({ currentTarget }) => {
      const shown = control.type === 'password';
      control.type = shown ? 'text' : 'password';
      currentTarget.setAttribute('aria-pressed', String(shown));
    },
  });
  return field({ ...it, control, beside: look });
}

/** @param {{name: string, label: string, options: [string, string][], chosen?: string, hint?: string, id?: string, onchange?: (event: Event) => void}} it */
export function selectField({ options, chosen, onchange, id, ...it }) {
  const control = el('select', { onchange, id }, options.map(([value, text]) => el('option', { value, selected: value === chosen }, text)));
  return field({ ...it, control });
}

/** A box to tick, or one of several to choose. @param {{name: string, label: string, hint?: string, value?: string, checked?: boolean, type?: 'checkbox'|'radio', disabled?: boolean, onchange?: (event: Event) => void}} it */
export const choice = ({ name, label, hint, value, checked, type = 'checkbox', disabled, onchange }) =>
  el('label', { class: 'choice', 'data-field': name },
    el('input', { type, name, value, checked, disabled, onchange }), el('span', {}, label, hint ? el('small', {}, hint) : null));

/** What is in the form, by name: text as it stands, ticked boxes as booleans. @param {HTMLElement} form */
export function valuesOf(form) {
  const values = {};
  for (const box of form.querySelectorAll('input[name], select[name], textarea[name]')) {
    if (box.type === 'checkbox') values[box.name] = box.checked;
    else if (box.type === 'radio') { if (box.checked) values[box.name] = box.value; }
    else if (box.type !== 'file') values[box.name] = box.value;
  }
  return values;
}

/** @param {HTMLElement} form @param {string} name @returns {HTMLElement|null} */
const boxOf = (form, name) => form.querySelector(`[name="${CSS.escape(name)}"]`);

/** @param {HTMLElement} form @param {string} name @param {string} text empty: nothing is wrong */
function markField(form, name, text) {
  const holder = form.querySelector(`.field[data-field="${CSS.escape(name)}"]`);
  const box = boxOf(form, name);
  if (!holder || !box) return false;
  holder.querySelector('.error').textContent = text;
  if (text) box.setAttribute('aria-invalid', 'true');
  else box.removeAttribute('aria-invalid');
  return true;
}

function clearMarks(form) {
  for (const box of form.querySelectorAll('[aria-invalid]')) markField(form, box.name, '');
  form.querySelector('.form-error').replaceChildren();
}

/** Counts the seconds until another try makes sense. */
function waitMessage(problem) {
  const left = el('span', { class: 'number' });
  const until = Date.now() + problem.retryAfterS * 1000;
  const tick = () => {
    const seconds = Math.ceil((until - Date.now()) / 1000);
    left.textContent = seconds > 0 ? t('form.tryAgainIn', { time: minutes(seconds) }) : t('form.tryAgainNow');
    if (seconds > 0 && (left.isConnected || seconds === problem.retryAfterS)) setTimeout(tick, 1000);
  };
  tick();
  return message('wait', problem.text, el('p', { 'aria-live': 'off' }, left));
}

/** Show a problem in a form. @param {HTMLElement} form @param {any} problem */
export function showProblem(form, problem) {
  if (problem.text === undefined) throw problem;
  let first = null;
  for (const { pointer, code, detail } of problem.errors) {
    const path = pointer.split('/')[1] ?? '';
    const name = boxOf(form, path) ? path : path.split('.').at(-1); /* "/node.url" is told at "url" */
    if (markField(form, name, problemText(code, detail ?? (code === problem.code ? problem.message : undefined)))) first ??= boxOf(form, name);
  }
  if (first) {
    first.focus();
    return;
  }
  const place = form.querySelector('.form-error');
  place.replaceChildren(problem.retryAfterS > 0 ? waitMessage(problem) : message('bad', problem.text));
  place.scrollIntoView({ block: 'nearest' });
}

/**
 * @param {Object} it
 * @param {any[]} it.fields
 * @param {string} it.submit words on the button
 * @param {(values: any, form: HTMLElement) => Promise<any>} it.onsubmit may throw a Problem
 * @param {(values: any) => Object<string, string>} [it.check] what is wrong, by name, before asking the box
 * @param {Node[]} [it.more] other buttons
 * @param {string} [it.id]
 * @param {string} [it.kind] of the button
 * @param {(values: any) => void} [it.oninput] after each change, to keep a draft
 * @returns {HTMLElement}
 */
export function form({ fields, submit, onsubmit, check, more = [], id, kind = 'primary', oninput }) {
  const send = button({ label: submit, kind, type: 'submit' });
  const node = el('form', {
    id,
    novalidate: true,
    'data-island': true,
    oninput: ({ target }) => {
      if (target.name) markField(node, target.name, '');
      oninput?.(valuesOf(node));
    },
    onsubmit: async (event) => {
      event.preventDefault();
      if (send.getAttribute('aria-busy') === 'true') return;
      clearMarks(node);
      const values = valuesOf(node);
      const wrong = Object.entries(check?.(values) ?? {}).filter(([, text]) => text);
      for (const [name, text] of wrong) markField(node, name, text);
      if (wrong.length) {
        boxOf(node, wrong[0][0]).focus();
        return;
      }
      send.setAttribute('aria-busy', 'true');
      try {
        await onsubmit(values, node);
      } catch (problem) {
        showProblem(node, problem);
      } finally {
        send.removeAttribute('aria-busy');
      }
    },
  }, fields, el('div', { class: 'form-error', role: 'alert' }), el('div', { class: 'row' }, send, more));
  return node;
}
