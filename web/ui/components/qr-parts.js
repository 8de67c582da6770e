/**
 * A file as QR codes for a wallet's camera, one after the other (BBQr). Made when somebody opens it; it runs by itself,
 * can be stopped, and stands still from the start for whoever asked for less motion.
 */
import { bbqr } from '../lib/bbqr.js';
import { el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { button } from './button.js';
import { icon } from './icon.js';
import { qr } from './qr.js';

const STEP_MS = 350;

/** @param {string[]} parts @param {string} label @returns {HTMLElement[]} */
function player(parts, label) {
  const pictures = parts.map((part, i) => qr(part, t('lot.qr.part', { label, n: i + 1, of: parts.length }), { level: 'L' }));
  const screen = el('div', { class: 'qr-screen' });
  const count = el('span', { class: 'number soft', 'aria-live': 'off' });
  let at = 0;
  let timer = 0;
  const show = (next) => {
    at = (next + parts.length) % parts.length;
    screen.replaceChildren(pictures[at]);
    count.textContent = t('lot.qr.count', { n: at + 1, of: parts.length });
  };
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    toggle.textContent = t('lot.qr.run');
  };
  const run = () => {
    timer = setInterval(() => (screen.isConnected ? show(at + 1) : stop()), STEP_MS);
    toggle.textContent = t('lot.qr.stop');
  };
  const step = (by) => () => {
    stop();
    show(at + by);
  };
  const toggle = el('button', { type: 'button', onclick: () => (timer ? stop() : run()) });
  show(0);
  if (parts.length === 1) return [screen];
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) stop();
  else run();
  return [screen, el('div', { class: 'row qr-steps' },
    button({ label: t('lot.qr.back'), icon: 'back', bare: true, onclick: step(-1) }), toggle,
    button({ label: t('lot.qr.next'), icon: 'next', bare: true, onclick: step(1) }), count)];
}

/**
 * @param {{id: string, label: string, bytes: () => Uint8Array, type: 'P'|'T'|'J'|'U'}} it a new id for new bytes
 * @returns {HTMLElement}
 */
export function qrParts({ id, label, bytes, type }) {
  const fill = ({ currentTarget: fold }) =>
    fold.lastElementChild.replaceChildren(...(fold.open ? player(bbqr(bytes(), type), label) : []));
  return el('details', { id, class: 'qr-parts', ontoggle: fill },
    el('summary', {}, icon('qr'), t('lot.qr.show')),
    el('div', { 'data-island': true }));
}
