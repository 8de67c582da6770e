/**
 * What needs a person, in plain words, with what to do. Judged here from what the box reports, worst first.
 */
import { bytes, duration, percent } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { may } from '../lib/session.js';

const TIP_OLD_S = 5400;
const DISK_LOW = 0.1;
const MEMORY_HIGH = 0.9;
const CERTIFICATE_DAYS = 7;
const THREAD_QUIET_MS = 30000;
const WRITTEN_PER_DAY_MAX = 200e6;
const HOT_MILLICELSIUS = 75000; /* Raspberry Pis slow down from 80 degrees on */
const BACKUP_OLD_S = 8 * 86400;

/** @typedef {{level: 'bad'|'wait'|'info', id: string, params?: Object<string, any>, href?: string}} Alert */

/** @param {NodeState|null} node @param {number} nowMs @returns {(Alert|false)[]} */
function ofNode(node, nowMs) {
  if (!node) return [];
  if (!node.reachable) return [{ level: 'bad', id: 'nodeAway', params: { why: node.error ?? '' }, href: '/setup' }];
  const age = (nowMs - Date.parse(node.tip_time)) / 1000;
  const syncing = node.initial_download;
  return [
    syncing && { level: 'wait', id: 'nodeSyncing', params: { share: percent(node.verification_progress, 1) } },
    !syncing && !node.live && { level: 'wait', id: 'nodeBehind', params: { n: node.headers - node.height } },
    !syncing && age > TIP_OLD_S && { level: 'wait', id: 'tipOld', params: { age: duration(age) } },
    node.feed.enabled && !node.feed.alive && { level: 'wait', id: 'feedSilent', href: '/setup' },
    !node.feed.enabled && { level: 'info', id: 'feedOff', href: '/setup' },
    !node.indexer.reachable && { level: 'wait', id: 'indexerAway', href: '/setup' },
    node.indexer.reachable && !node.indexer.ready && { level: 'info', id: 'indexerBehind' },
  ];
}

/** @param {any} system GET /api/v1/system @returns {(Alert|false)[]} */
function ofSystem(system, nowMs) {
  if (!system) return [];
  const { disk, hardware, memory, certificate, engine, pools, threads, backup } = system;
  const written = disk.written.reduce((sum, each) => sum + each.day_bytes, 0);
  const stuck = threads.filter(({ alive_ms_ago: quiet }) => quiet > THREAD_QUIET_MS);
  const backupAge = backup.last_success_at ? (nowMs - Date.parse(backup.last_success_at)) / 1000 : Infinity;
  return [
    !system.clock_set && { level: 'bad', id: 'clock' },
    system.clock_set && system.clock_synchronised === false && { level: 'wait', id: 'clockFree' },
    hardware.undervoltage && { level: 'bad', id: 'undervoltage' },
    hardware.throttled && { level: 'wait', id: 'throttled' },
    hardware.temperature_millicelsius > HOT_MILLICELSIUS && { level: 'wait', id: 'hot', params: { n: Math.round(hardware.temperature_millicelsius / 1000) } },
    engine.commits_failed > 0 && { level: 'bad', id: 'commits', params: { n: engine.commits_failed } },
    ...stuck.map(({ name, alive_ms_ago: quiet }) => ({ level: 'bad', id: 'thread', params: { name, age: duration(quiet / 1000) } })),
    disk.total_bytes > 0 && disk.free_bytes < disk.total_bytes * DISK_LOW && { level: 'bad', id: 'disk', params: { free: bytes(disk.free_bytes) } },
    written > WRITTEN_PER_DAY_MAX && { level: 'wait', id: 'written', params: { size: bytes(written) } },
    memory.resident_bytes > memory.budget_bytes * MEMORY_HIGH && { level: 'wait', id: 'memory', params: { size: bytes(memory.resident_bytes) } },
    ...pools.filter(({ refused }) => refused > 0).map(({ name, refused }) => ({ level: 'wait', id: 'pool', params: { name, n: refused } })),
    certificate !== null && certificate.days_left < CERTIFICATE_DAYS && { level: 'wait', id: 'certificate', params: { n: certificate.days_left } },
    certificate?.own?.state === 'refused' && { level: 'bad', id: 'ownCertificate', href: may('admin') ? '/admin/tls' : undefined },
    backupAge > BACKUP_OLD_S && { level: 'wait', id: backupAge === Infinity ? 'backupNone' : 'backupOld', params: { age: duration(backupAge) }, href: may('admin') ? '/admin/backups' : undefined },
  ];
}

const ORDER = { bad: 0, wait: 1, info: 2 };

/**
 * @param {{node: any, system: any, session: Session|null, nowMs: number}} facts
 * @returns {Alert[]}
 */
export function alertsOf({ node, system, session, nowMs }) {
  const own = session?.user.role === 'owner' && session.user.totp === false && { level: 'info', id: 'totp', href: '/account' };
  return [...ofNode(node, nowMs), ...ofSystem(system, nowMs), own].filter(Boolean).sort((a, b) => ORDER[a.level] - ORDER[b.level]);
}

/** @param {Alert} alert @returns {{title: string, text: string}} */
export const alertWords = ({ id, params = {} }) => ({
  title: t(`alert.${id}`, params),
  text: t(`alertDo.${id}`, params),
});
