/**
 * One line about our node: height, age of the tip, and what is wrong in plain words.
 * @module
 */
import { el } from '../lib/html.js';
import { ago, integer } from '../lib/format.js';

/**
 * @param {import('../lib/api.js').NodeState|null} node
 * @param {'live'|'polling'|'offline'} link how this page hears from the box
 * @returns {{level: 'good'|'wait'|'bad', text: string, detail: string}}
 */
export function judge(node, link) {
  if (link === 'offline') return { level: 'bad', text: 'Box offline', detail: 'This page has lost the box and keeps trying. What you see is the last known state.' };
  if (!node) return { level: 'wait', text: 'Asking the node…', detail: '' };
  if (!node.reachable) return { level: 'bad', text: 'Node unreachable', detail: `No PSBT is shown until the node answers again${node.error ? ` (${node.error})` : ''}.` };
  if (node.initial_download) return { level: 'wait', text: `Node syncing ${Math.floor(node.verification_progress * 100)} %`, detail: 'Prices appear when the node has caught up.' };
  if (!node.live) return { level: 'wait', text: `Node behind: ${integer(node.height)} of ${integer(node.headers)}`, detail: 'No PSBT is shown until the newest block is validated.' };
  return { level: 'good', text: `Block ${integer(node.height)}`, detail: '' };
}

/**
 * @param {import('../lib/api.js').NodeState|null} node
 * @param {'live'|'polling'|'offline'} link
 * @returns {Node[]}
 */
export function nodeState(node, link) {
  const { level, text } = judge(node, link);
  const parts = [el('span', { class: `dot ${level}`, 'aria-hidden': 'true' }), el('strong', {}, text)];
  if (node && level === 'good') {
    const facts = [ago(node.tip_time)];
    if (node.network !== 'main') facts.unshift(node.network);
    if (node.pruned) facts.push('pruned');
    if (!node.feed.alive) facts.push('polling');
    parts.push(el('span', { class: 'facts' }, facts.join(' · ')));
  }
  return parts;
}
