/** The rows of the route table, read from web/api/routes.c itself: a new one is part of every test of them all. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const source = readFileSync(fileURLToPath(new URL('../../web/api/routes.c', import.meta.url)), 'utf8');
const row =
  /\{"(GET|POST|PUT|PATCH|DELETE)",\s*"([^"]+)",\s*\w+,\s*(PUBLIC|"[^"]+"),\s*GV_CSRF_(\w+),\s*GV_RATE_\w+,\s*[^,]+,\s*([^,]+),\s*"(\w+)"/g;

/** Rows that have a handler of their own; the page's files are not among them. */
export const ROWS = [...source.matchAll(row)].map(([, method, pattern, scope, csrf, flags, operation]) => ({
  method,
  pattern,
  path: pattern.replace(/\{[^}]+\}/g, '1'),
  scope: scope === 'PUBLIC' ? 'public' : scope.slice(1, -1),
  csrf: csrf === 'TOKEN',
  local: flags.includes('GV_ROUTE_LOCAL'),
  live: /WEBSOCKET|SSE|POLL/.test(flags),
  operation,
}));

/** So many there are in the table: the expression above must have understood them all. */
export const ROWS_EXPECTED = source
  .split('\n')
  .filter((line) => /^ {4}\{"(GET|POST|PUT|PATCH|DELETE)",/.test(line)).length;
