/**
 * Turns the tree that is shown into the tree that was rendered, touching only what differs: focus, selection, scroll
 * position and open details stay. So a view renders everything from its data, every time, and nothing flickers.
 *
 * Elements are told apart by `id` or `data-key`, else by their place. What belongs to the person is left alone: the
 * text in an input, whether a box is ticked, whether details are open. An element with `data-island` is not touched at all.
 */
import { LISTENERS } from './html.js';

const PERSONS_OWN = { open: 'DETAILS DIALOG', value: 'INPUT', checked: 'INPUT', selected: 'OPTION' };

const personsOwn = (element, name) => PERSONS_OWN[name]?.split(' ').includes(element.nodeName) ?? false;

const keyOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node.id || node.dataset.key || null : null);
const alike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName;

/**
 * @param {Element} old shown
 * @param {Element} fresh rendered; its parts may be moved into the document
 */
export function morph(old, fresh) {
  if (old.hasAttribute('data-island')) return;
  morphAttributes(old, fresh);
  morphChildren(old, fresh);
}

function morphAttributes(old, fresh) {
  for (const { name, value } of fresh.attributes) {
    if (!personsOwn(old, name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (!personsOwn(old, name) && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const name of Object.keys(old[LISTENERS] ?? {})) {
    if (!fresh[LISTENERS]?.[name]) old[name] = null;
  }
  Object.assign(old, fresh[LISTENERS]);
  old[LISTENERS] = fresh[LISTENERS];
}

/** @returns {ChildNode|null} what followed it */
function removed(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

/** A part that stays is not taken out of the document on its way: that would end the typing in it. */
const move = (parent, node, next) => (parent.moveBefore ?? parent.insertBefore).call(parent, node, next);

function morphChildren(parent, fresh) {
  const keyed = new Map();
  const wantedKeys = new Set([...fresh.childNodes].map(keyOf));
  const staysLater = (node) => keyOf(node) !== null && wantedKeys.has(keyOf(node));
  for (const child of parent.childNodes) {
    const key = keyOf(child);
    if (key) keyed.set(key, child);
  }
  let next = parent.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const key = keyOf(wanted);
    const found = key ? keyed.get(key) : next;
    const usable = found && alike(found, wanted) && keyOf(found) === key;
    if (!usable) {
      parent.insertBefore(wanted, next);
      continue;
    }
    while (key && next && next !== found && !staysLater(next)) next = removed(next);
    if (found === next) next = next.nextSibling;
    else move(parent, found, next);
    if (found.nodeType === Node.ELEMENT_NODE) morph(found, wanted);
    else if (found.data !== wanted.data) found.data = wanted.data;
  }
  while (next) next = removed(next);
}
