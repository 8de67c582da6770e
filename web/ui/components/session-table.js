/**
 * Sessions, each with the browser it is in and a button that ends it. Words: area "account".
 */
import { agentOf } from '../lib/agent.js';
import { ago, day } from '../lib/format.js';
import { clean, el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { badge } from './badge.js';
import { button } from './button.js';
import { table } from './table.js';

function agentName(agent) {
  const known = agentOf(agent);
  return known ? t('account.agent', known) : clean(agent) || t('account.unknownDevice');
}

/**
 * @param {Object} it
 * @param {string} it.caption
 * @param {{id: string, user: string, address: string, agent: string, created_at: string, last_seen_at: string, current: boolean}[]} it.rows
 * @param {string} [it.people] heading of the column that names whose they are; none: all are one's own
 * @param {(row: any) => Promise<any>} it.onend
 */
export function sessionTable({ caption, rows, people, onend }) {
  const mark = (row) => (row.current ? [' ', badge(t('account.thisOne'), 'accent')] : null);
  const agent = { id: 'agent', label: t('account.device'), cell: (row) => el('span', {}, agentName(row.agent), mark(row)) };
  return table({
    caption,
    rows,
    key: (row) => row.id,
    columns: [
      ...(people ? [{ id: 'user', label: people, head: true, cell: (row) => row.user }, agent] : [{ ...agent, head: true }]),
      { id: 'address', label: t('account.address'), cell: (row) => el('code', {}, row.address) },
      { id: 'created', label: t('account.since'), cell: (row) => day(row.created_at) },
      { id: 'seen', label: t('account.lastSeen'), cell: (row) => ago(row.last_seen_at) },
      { id: 'end', label: t('account.end'), actions: true, cell: (row) => el('div', { class: 'row' }, button({ label: row.current ? t('menu.signOut') : t('account.end'), onclick: () => onend(row) })) },
    ],
  });
}
