/**
 * The contract: every answer of gaveld that a test sees must be one that openapi.json describes, with the
 * status, the media type and the members described there, and no others.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020.js';
import { BUILD_DIR } from './process.mjs';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** The description as it is built into gaveld. */
export const SPEC = JSON.parse(
  readFileSync(
    join(process.env.GAVEL_OPENAPI ?? join(BUILD_DIR, 'web/api/made/api/v1/openapi.json')),
    'utf8',
  ),
);

const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
ajv.addSchema(SPEC, 'api');
/** @type {Map<string, import('ajv').ValidateFunction>} */
const compiled = new Map();

/** "operationId status" of every answer seen in this process. @type {Set<string>} */
export const seen = new Set();

/** @param {string} part of a JSON pointer */
const escaped = (part) => encodeURIComponent(part.replace(/~/g, '~0').replace(/\//g, '~1'));

/** A validator of the schema at this place of the description. @param {string[]} place */
export function validatorOf(place) {
  const pointer = `api#/${place.map(escaped).join('/')}`;
  const known = compiled.get(pointer);
  if (known) return known;
  const made = ajv.compile({ $ref: pointer });
  compiled.set(pointer, made);
  return made;
}

/** @param {string} pattern */
const placeholders = (pattern) => pattern.split('{').length;

/** Patterns with fewer placeholders first, as the route table has them. */
const patterns = Object.keys(SPEC.paths)
  .sort((a, b) => placeholders(a) - placeholders(b))
  .map((pattern) => ({
    pattern,
    expression: new RegExp(`^${pattern.replace(/[.]/g, '\\.').replace(/\{[^}]+\}/g, '[^/]+')}$`),
  }));

/** @param {string} method @param {string} path */
function operationOf(method, path) {
  const pathname = path.split('?')[0];
  const key = method === 'HEAD' ? 'get' : method.toLowerCase();
  const found = patterns.find(
    ({ pattern, expression }) => expression.test(pathname) && SPEC.paths[pattern][key],
  );
  return found ? { pattern: found.pattern, key, operation: SPEC.paths[found.pattern][key] } : null;
}

/** Does this request need an Idempotency-Key? @param {string} method @param {string} path */
export function needsIdempotencyKey(method, path) {
  const parameters = operationOf(method, path)?.operation.parameters ?? [];
  return parameters.some(({ $ref }) => $ref === '#/components/parameters/idempotency_key');
}

/** Every operation: its id, the statuses it describes. */
export function operations() {
  return Object.entries(SPEC.paths).flatMap(([pattern, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({
      pattern,
      method: method.toUpperCase(),
      ...item[method],
    })),
  );
}

/**
 * Every status that the operations of this tag describe was seen in this process; all 304 are the matter of
 * conditional.test.mjs.
 * @param {string} tag @param {Record<string, string>} [elsewhere] "operation status" to the test that sees it
 */
export function assertCovered(tag, elsewhere = {}) {
  const missing = operations()
    .filter(({ tags }) => tags.includes(tag))
    .flatMap(({ operationId, responses }) =>
      Object.keys(responses).map((status) => `${operationId} ${status}`),
    )
    .filter((what) => !/ (default|304)$/.test(what) && !seen.has(what) && !(what in elsewhere));
  assert.deepEqual(missing, [], 'described and not seen: bring it about, or name the test that does');
}

/** Where a described answer stands, its $ref followed. @param {string[]} place @param {any} response */
function followed(place, response) {
  if (!response.$ref) return { place, response };
  const target = response.$ref.slice(2).split('/');
  return { place: target, response: target.reduce((at, part) => at[part], SPEC) };
}

/** @param {import('./api.mjs').Answer} answer @param {string} what */
function assertProblemKnown(answer, what) {
  if (!answer.headers['content-type']?.startsWith('application/problem+json')) return;
  assert.ok(SPEC['x-problems'][answer.json?.code], `${what}: the code ${answer.json?.code} is not described`);
}

/**
 * @param {string} method @param {string} path @param {import('./api.mjs').Answer} answer
 */
export function assertContract(method, path, answer) {
  const what = `${method} ${path} ${answer.status}`;
  const found = operationOf(method, path);
  assertProblemKnown(answer, what);
  if (!found) return;
  const { pattern, key, operation } = found;
  const named = String(answer.status) in operation.responses;
  const status = named ? String(answer.status) : 'default';
  assert.ok(named || answer.status >= 400, `${what}: a status that is not described`);
  seen.add(`${operation.operationId} ${status}`);
  const { place, response } = followed(
    ['paths', pattern, key, 'responses', status],
    operation.responses[status],
  );
  if (method === 'HEAD') return;
  const type = answer.headers['content-type']?.split(';')[0];
  if (!response.content) {
    assert.equal(answer.text, '', `${what}: no body is described`);
    return;
  }
  const media = type && response.content[type];
  assert.ok(media, `${what}: ${type} is not described`);
  if (!type.endsWith('json')) return;
  assert.notEqual(answer.json, null, `${what}: no JSON: ${answer.text.slice(0, 200)}`);
  const validate = validatorOf([...place, 'content', type, 'schema']);
  assert.ok(
    validate(answer.json),
    `${what}: ${ajv.errorsText(validate.errors)}: ${answer.text.slice(0, 400)}`,
  );
}
