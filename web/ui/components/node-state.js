/**
 * One line about our node: height, age of the tip, and what is wrong in plain words.
 */
import { el } from '../lib/html.js';
import { ago, integer, percent } from '../lib/format.js';
import { t } from '../lib/i18n.js';

/**
 * @param {NodeState|null} node
 * @param {'live'|'polling'|'offline'} link how this page hears from the box
 * @returns {{level: 'good'|'wait'|'bad', text: string, detail: string}}
 */
export function judge(node, link) {
  if (link === 'offline') return { level: 'bad', text: t('node.boxOffline'), detail: t('node.boxOfflineText') };
  if (!node) return { level: 'wait', text: t('node.asking'), detail: '' };
  if (!node.reachable) return { level: 'bad', text: t('node.unreachable'), detail: t('node.unreachableText') };
  if (node.initial_download) return { level: 'wait', text: t('node.syncing', { share: percent(node.verification_progress, 1) }), detail: t('node.syncingText') };
  if (!node.live) return { level: 'wait', text: t('node.behind', { height: node.height, headers: node.headers }), detail: t('node.behindText') };
  return { level: 'good', text: t('node.block', { height: integer(node.height) }), detail: '' };
}

/**
 * @param {NodeState|null} node
 * @param {'live'|'polling'|'offline'} link
 * @returns {Node[]}
 */
export function nodeState(node, link) {
  const { level, text } = judge(node, link);
  const parts = [el('span', { class: `dot ${level}`, 'aria-hidden': 'true' }), el('strong', {}, text)];
  if (node && level === 'good') {
    const facts = [ago(node.tip_time)];
    if (node.network !== 'main') facts.unshift(node.network);
    if (node.pruned) facts.push(t('node.pruned'));
    if (!node.feed.alive) facts.push(t('node.polling'));
    parts.push(el('span', { class: 'facts' }, facts.join(' · ')));
  }
  return parts;
}
