/**
 * The page of the API: /api/v1/openapi.json, drawn. Nothing is fetched from elsewhere.
 */
import { el } from './lib/html.js';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** @type {any} the whole description */
let spec;

/** Follow a $ref of this document. @param {any} value */
function resolve(value) {
  while (value?.$ref) {
    value = value.$ref
      .slice(2)
      .split('/')
      .reduce((at, part) => at?.[part], spec);
  }
  return value ?? {};
}

/** The last word of a $ref, or null. @param {any} value */
const refName = (value) => value?.$ref?.split('/').at(-1) ?? null;

/** One line that tells what a schema takes. @param {any} schema @returns {string} */
function typeOf(schema) {
  const name = refName(schema);
  const { const: only, enum: choices, type, oneOf, items, pattern, minimum, maximum } = resolve(schema);
  if (only !== undefined) return JSON.stringify(only);
  if (choices) return choices.map((choice) => JSON.stringify(choice)).join(' | ');
  if (oneOf) return oneOf.map(typeOf).join(' | ');
  if (type === 'array') return `list of ${items ? typeOf(items) : 'anything'}`;
  const known = [type ?? 'object'].flat().join(' | ');
  if (name && known === 'object') return name;
  const range = minimum !== undefined || maximum !== undefined ? ` ${minimum ?? ''} … ${maximum ?? ''}` : '';
  return `${known}${range}${pattern && !name ? ` ${pattern}` : ''}`;
}

/** All members of an object's schema, of its parts too. @param {any} schema */
function membersOf(schema) {
  const { properties = {}, required = [], allOf = [] } = resolve(schema);
  const parts = allOf.map(membersOf);
  return {
    properties: Object.assign({}, ...parts.map((part) => part.properties), properties),
    required: new Set([...parts.flatMap((part) => [...part.required]), ...required]),
  };
}

/** @param {string[]} heads @param {Node[]} rows */
const table = (heads, rows) =>
  el(
    'table',
    {},
    el('thead', {}, el('tr', {}, ...heads.map((head) => el('th', { scope: 'col' }, head)))),
    el('tbody', {}, ...rows),
  );

/** @param {any} schema @param {number} [depth] @returns {Node[]} rows of a table */
function memberRows(schema, depth = 0, path = '') {
  const { properties, required } = membersOf(schema);
  return Object.entries(properties).flatMap(([name, member]) => {
    const whole = resolve(member);
    const at = `${path}${name}`;
    const row = el(
      'tr',
      {},
      el('td', {}, el('code', {}, at), required.has(name) ? '' : ' (optional)'),
      el('td', {}, el('code', {}, typeOf(member))),
      el('td', {}, whole.description ?? ''),
    );
    const inside = whole.type === 'array' ? resolve(whole.items) : whole;
    const deeper = depth < 3 && (inside.properties || inside.allOf);
    return deeper
      ? [row, ...memberRows(inside, depth + 1, `${at}${whole.type === 'array' ? '[]' : ''}.`)]
      : [row];
  });
}

/** @param {any} schema */
function drawSchema(schema) {
  const rows = memberRows(schema);
  return rows.length
    ? table(['Member', 'Type', 'Meaning'], rows)
    : el('p', { class: 'about' }, typeOf(schema));
}

/** @param {any} media */
function drawMedia(media) {
  return Object.entries(media ?? {}).flatMap(([type, { schema, example }]) => [
    el('p', { class: 'about' }, el('code', {}, type)),
    refName(schema) === 'Problem' ? '' : drawSchema(schema ?? {}),
    example === undefined ? '' : el('pre', {}, JSON.stringify(example, null, 2)),
  ]);
}

/** @param {string} method @param {string} path @param {any} operation */
function curlOf(method, path, operation) {
  const body = resolve(operation.requestBody);
  const example = body.content?.['application/json']?.example;
  const lines = [`curl ${method === 'get' ? '' : `-X ${method.toUpperCase()} `}${location.origin}${path}`];
  if (operation.security) lines.push(`-H "X-API-Key: $KEY"`);
  for (const parameter of (operation.parameters ?? []).map(resolve))
    if (parameter.in === 'header' && parameter.required)
      lines.push(`-H "${parameter.name}: ${parameter.schema.example ?? '…'}"`);
  if (operation.requestBody)
    lines.push(`-H "Content-Type: application/json"`, `-d '${JSON.stringify(example ?? {})}'`);
  return lines.join(' \\\n  ');
}

/** @param {any} operation */
function factsOf(operation) {
  const scopes = (operation.security ?? []).flatMap((way) => Object.values(way).flat());
  const rate = operation['x-rate-class'];
  return [
    `operation ${operation.operationId}`,
    scopes.length ? `needs ${[...new Set(scopes)].join(', ')}` : 'open to everybody',
    rate === 'free' ? 'not counted' : `rate class ${rate}`,
  ];
}

/** @param {string} method @param {string} path @param {any} operation */
function drawOperation(method, path, operation) {
  const parameters = (operation.parameters ?? []).map(resolve);
  const body = resolve(operation.requestBody);
  const parameterRows = parameters.map((parameter) =>
    el(
      'tr',
      {},
      el(
        'td',
        {},
        el('code', {}, parameter.name),
        ` ${parameter.in}${parameter.required ? '' : ' (optional)'}`,
      ),
      el('td', {}, el('code', {}, typeOf(parameter.schema))),
      el('td', {}, parameter.description ?? ''),
    ),
  );
  const answers = Object.entries(operation.responses).flatMap(([status, response]) => [
    el('h3', {}, `${status === 'default' ? 'Anything else' : status}: ${resolve(response).description}`),
    ...drawMedia(resolve(response).content),
  ]);
  return el(
    'details',
    { class: 'operation', id: operation.operationId },
    el(
      'summary',
      {},
      el('span', { class: `verb ${method}` }, method.toUpperCase()),
      el('code', {}, path),
      el('span', { class: 'what' }, operation.summary ?? ''),
    ),
    el(
      'div',
      {},
      el('p', { class: 'facts-line' }, ...factsOf(operation).map((fact) => el('span', {}, fact))),
      operation.description ? el('p', { class: 'about' }, operation.description) : '',
      el('pre', {}, curlOf(method, path, operation)),
      parameterRows.length ? el('h3', {}, 'Parameters') : '',
      parameterRows.length ? table(['Name', 'Type', 'Meaning'], parameterRows) : '',
      body.content ? el('h3', {}, 'Body') : '',
      ...drawMedia(body.content),
      ...answers,
    ),
  );
}

/** Every operation under its tag: that of the piece it came from. */
function operations() {
  return Object.entries(spec.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({
      method,
      path,
      operation: item[method],
      tag: item[method].tags?.[0] ?? 'other',
    })),
  );
}

function drawProblems() {
  const rows = Object.entries(spec['x-problems'])
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, meaning]) =>
      el('tr', { id: code.replace(/[._]/g, '-') }, el('td', {}, el('code', {}, code)), el('td', {}, meaning)),
    );
  return el(
    'section',
    { id: 'problems' },
    el('h2', {}, 'Problems'),
    el(
      'p',
      { class: 'about' },
      'Every code that an answer may carry. A code keeps its meaning; new ones may be added.',
    ),
    table(['Code', 'Meaning'], rows),
  );
}

function draw() {
  const all = operations();
  const api = /** @type {HTMLElement} */ (document.getElementById('api'));
  const contents = /** @type {HTMLElement} */ (document.getElementById('contents'));
  const sections = spec.tags.map(({ name, description }) => {
    const mine = all.filter(({ tag }) => tag === name);
    contents.append(
      el('h2', {}, name),
      el(
        'ul',
        {},
        ...mine.map(({ method, path, operation }) =>
          el(
            'li',
            {},
            el(
              'a',
              { href: `#${operation.operationId}` },
              el('span', { class: `verb ${method}` }, method.toUpperCase()),
              path,
            ),
          ),
        ),
      ),
    );
    return el(
      'section',
      {},
      el('h2', {}, name),
      el('p', { class: 'about' }, description),
      ...mine.map(({ method, path, operation }) => drawOperation(method, path, operation)),
    );
  });
  contents.append(el('ul', {}, el('li', {}, el('a', { href: '#problems' }, 'Problems'))));
  api.replaceChildren(
    el('h1', {}, `${spec.info.title} API`),
    el('p', { class: 'about' }, spec.info.description),
    el(
      'p',
      {},
      el('a', { href: '/api/v1/openapi.json' }, 'openapi.json'),
      ` · OpenAPI ${spec.openapi} · ${all.length} operations`,
    ),
    ...sections,
    drawProblems(),
  );
  api.setAttribute('aria-busy', 'false');
}

/** Open what the address names. */
function show() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) target.open = true;
  target?.scrollIntoView();
}

/** Leave what holds the words. @param {string} words */
function filter(words) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const holds = (/** @type {Element} */ node) =>
    wanted.every((word) => node.textContent?.toLowerCase().includes(word));
  for (const node of document.querySelectorAll('#contents li, .operation, #problems tbody tr'))
    /** @type {HTMLElement} */ (node).hidden = !holds(node);
}

async function load() {
  const answer = await fetch('/api/v1/openapi.json');
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  spec = await answer.json();
  draw();
  show();
}

addEventListener('hashchange', show);
document
  .getElementById('find')
  ?.addEventListener('input', (event) => filter(/** @type {HTMLInputElement} */ (event.target).value));
load().catch((error) => {
  document
    .getElementById('api')
    ?.replaceChildren(
      el('p', { class: 'notice', role: 'alert' }, `The description could not be loaded: ${error.message}.`),
    );
});
