/**
 * The node: what is found on this machine, a test of RPC and ZMQ before anything is stored, and the lines of bitcoin.conf
 * that are missing.
 */
import { discoverNode, startOwnNode, testNode } from '../lib/api.js';
import { keepDraft, readDraft, dropDraft } from '../lib/draft.js';
import { el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { saveSettings, settingOf } from '../lib/settings.js';
import { button } from '../components/button.js';
import { copyBox } from '../components/copy-box.js';
import { choice, field, form, passwordField, showProblem, valuesOf } from '../components/form.js';
import { facts, message } from '../components/panel.js';
import { gauge } from '../components/progress.js';
import { integer, percent } from '../lib/format.js';
import { status } from '../components/badge.js';

const DRAFT = 'setup.node';
const SEARCH_MS = 5000;
const TOPICS = { tx: 'rawtx', block: 'rawblock', sequence: 'sequence' };

/** Looks around once, unasked: on most boxes the node is right here. */
export async function enter(page) {
  if (page.state.found !== undefined) return;
  page.state.found = null;
  try {
    page.state.found = await discoverNode();
  } catch (problem) {
    page.state.found = { cookies: [], addresses: [], problem };
  }
  page.draw();
  if (page.state.found.own?.asked) followOwn(page);
}

/** What stands in the form: typed, else stored. */
function presentValues(page) {
  const draft = readDraft(DRAFT);
  const stored = (key) => settingOf(page.data.settings, key)?.value ?? '';
  return {
    url: draft.url ?? stored('node.url'),
    sign: draft.sign ?? (stored('node.user') ? 'password' : 'cookie'),
    cookie_file: draft.cookie_file ?? stored('node.cookie_file'),
    user: draft.user ?? stored('node.user'),
    zmq: draft.zmq ?? stored('node.zmq'),
  };
}

const isForced = (page) => settingOf(page.data.settings, 'node.url')?.forced ?? false;

/** Body of the test; without a new password the box uses the one it has. */
function connectionOf({ url, sign, cookie_file, user, password, zmq }) {
  const signIn = sign === 'cookie' ? { cookie_file } : { user, password };
  return { url, ...signIn, ...(zmq && zmq !== 'off' ? Object.fromEntries(Object.keys(TOPICS).map((name) => [`zmq_${name}`, zmq.split(',')[0].trim()])) : {}) };
}

const formId = (page) => `node-form-${page.state.version ?? 0}`;
const formOf = (page) => document.getElementById(formId(page));

async function runTest(page, values) {
  page.state.testing = true;
  page.state.result = null;
  page.draw();
  try {
    page.state.result = await testNode(connectionOf(values), page.left);
  } catch (problem) {
    showProblem(formOf(page), problem);
  } finally {
    page.state.testing = false;
    page.draw();
  }
}

/** Take over what was found, and try it. */
function use(page, values) {
  const all = { ...presentValues(page), ...values };
  keepDraft(DRAFT, all);
  page.state.version = (page.state.version ?? 0) + 1;
  runTest(page, all);
}

/** The box starts its own node: looks until it answers, then takes it. */
async function followOwn(page) {
  page.state.starting = true;
  page.draw();
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, SEARCH_MS));
    if (page.left.aborted) return;
    const seen = await discoverNode().catch(() => null);
    const answering = seen?.addresses.find(({ answers }) => answers);
    if (!answering) continue;
    Object.assign(page.state, { starting: false, found: seen });
    use(page, { sign: 'cookie', url: answering.url });
    return;
  }
}

/** A box with a node of its own, which is off: offered where it fits, else why not. */
function ownNode(page, own) {
  if (page.state.starting) return message('wait', t('setup.ownStarting'), t('setup.ownStartingText'));
  const { asked, ...sizes } = own;
  const numbers = Object.fromEntries(Object.entries(sizes).map(([name, n]) => [name, integer(n)]));
  if (own.memory_mib < own.memory_mib_min || own.disk_mib < own.disk_mib_min) return message('info', t('setup.ownSmall'), t('setup.ownSmallText', numbers));
  const start = async () => {
    await startOwnNode();
    followOwn(page);
  };
  return message('info', t('setup.ownOffer'), t('setup.ownOfferText'), button({ label: t('setup.ownStart'), kind: 'primary', id: 'own-node', onclick: start }));
}

function found(page) {
  const { found: seen } = page.state;
  if (seen === undefined || seen === null) return el('p', { role: 'status', class: 'soft' }, t('setup.searching'));
  if (seen.problem) return message('info', t('setup.searchFailed'), seen.problem.text);
  const answering = seen.addresses.filter(({ answers }) => answers);
  if (seen.own && !answering.length) return ownNode(page, seen.own);
  const offers = seen.cookies.map(({ path, network, readable }) => el('li', { class: 'row between', 'data-key': path },
    el('span', {}, el('code', {}, path), ' ', el('span', { class: 'soft' }, readable ? network : t('setup.cookieUnreadable'))),
    readable ? button({ label: t('setup.use'), onclick: () => use(page, { sign: 'cookie', cookie_file: path, url: answering[0]?.url ?? presentValues(page).url }) }) : null));
  const addresses = answering.map(({ url }) => el('li', { class: 'row between', 'data-key': url },
    el('span', {}, el('code', {}, url), ' ', el('span', { class: 'soft' }, t('setup.answers'))),
    button({ label: t('setup.use'), onclick: () => use(page, { url }) })));
  const unreadable = seen.cookies.some(({ readable }) => !readable);
  return [
    offers.length + addresses.length ? el('ul', { class: 'found stack' }, offers, addresses) : message('info', t('setup.nothingFound'), t('setup.nothingFoundText')),
    unreadable ? message('wait', t('setup.cookieHelp'), copyBox({ label: t('setup.commands'), text: 'sudo usermod -aG bitcoin gavel\nsudo systemctl restart gavel' })) : null,
  ];
}

/** @param {number} version 300000 */
const versionText = (version) => (version ? `${Math.floor(version / 10000)}.${Math.floor(version / 100) % 100}.${version % 100}` : '');

function outcome(page) {
  const { result, testing } = page.state;
  if (testing) return el('p', { role: 'status', class: 'soft' }, t('setup.testing'));
  if (!result) return null;
  const { rpc, zmq, missing, chain } = result;
  const broken = zmq.filter(({ ok }) => !ok);
  return el('div', { class: 'stack', id: 'node-result', role: 'status' },
    rpc.ok ? message('good', t('setup.rpcOk')) : message('bad', t('setup.rpcFailed'), rpc.detail, t(`setup.rpcHelp`)),
    chain ? facts([
      [t('setup.network'), chain.network],
      [t('setup.nodeVersion'), versionText(chain.version)],
      [t('setup.height'), t('setup.heightOf', { height: chain.height, headers: chain.headers })],
      [t('setup.pruned'), chain.pruned ? t('setup.prunedYes') : t('setup.prunedNo')],
    ]) : null,
    chain && chain.headers > chain.height ? gauge({ id: 'sync', label: t('setup.sync'), value: chain.height, max: chain.headers, text: percent(chain.height / chain.headers, 1), level: 'wait' }) : null,
    chain?.ibd ? message('wait', t('setup.syncing'), t('setup.syncingText')) : null,
    zmq.length ? el('div', {}, el('h3', {}, t('setup.zmq')), el('ul', { class: 'found' }, zmq.map(({ topic, ok, detail }) =>
      el('li', {}, status(ok ? 'good' : 'bad', [el('code', {}, topic), ok ? '' : `: ${detail}`]))))) : null,
    rpc.ok && broken.length ? message('wait', t('setup.zmqFailed'), t('setup.zmqFailedText')) : null,
    missing.length ? [
      message('wait', t('setup.missing'), t('setup.missingText')),
      copyBox({ label: t('setup.missing'), text: missing.join('\n'), file: 'bitcoin.conf' }),
    ] : null);
}

function fields(values, forced) {
  const fixed = forced ? { readonly: true } : {};
  const signs = ['cookie', 'password'].map((sign) => choice({
    type: 'radio', name: 'sign', value: sign, checked: values.sign === sign, label: t(`setup.sign.${sign}`), hint: t(`setup.signHint.${sign}`), disabled: forced,
  }));
  return [
    field({ name: 'url', label: t('setup.url'), hint: t('setup.urlHint'), input: { type: 'url', inputmode: 'url', spellcheck: 'false', value: values.url, ...fixed } }),
    el('fieldset', { class: 'signs' }, el('legend', {}, t('setup.sign')), signs,
      el('div', { class: 'by-cookie' }, field({ name: 'cookie_file', label: t('setup.cookie'), hint: t('setup.cookieHint'), input: { spellcheck: 'false', value: values.cookie_file, ...fixed } })),
      el('div', { class: 'by-password stack' },
        field({ name: 'user', label: t('setup.user'), input: { spellcheck: 'false', autocapitalize: 'none', value: values.user, ...fixed } }),
        passwordField({ name: 'password', label: t('setup.nodePassword'), hint: t('setup.nodePasswordHint'), input: { autocomplete: 'off', ...fixed } }))),
    el('details', {}, el('summary', {}, t('setup.zmqOwn')),
      field({ name: 'zmq', label: t('setup.zmqEndpoint'), optional: true, hint: t('setup.zmqHint'), input: { spellcheck: 'false', placeholder: 'tcp://127.0.0.1:28332', value: values.zmq, ...fixed } })),
  ];
}

async function save(page, values, go) {
  const cookie = values.sign === 'cookie';
  const network = page.state.result?.chain?.network;
  page.data.settings = await saveSettings(page.data.settings, {
    'node.url': values.url,
    'node.cookie_file': cookie ? values.cookie_file : '',
    'node.user': cookie ? '' : values.user,
    'node.password': cookie ? '' : values.password,
    'node.zmq': values.zmq,
    ...(network ? { 'node.network': network } : {}),
  });
  dropDraft(DRAFT);
  await go.next();
}

export function body(page, go, back) {
  const forced = isForced(page);
  const test = button({ label: t('setup.test'), icon: 'refresh', onclick: () => runTest(page, valuesOf(formOf(page))) });
  return [
    forced ? message('info', t('setup.forced'), t('setup.forcedText')) : found(page),
    form({
      id: formId(page),
      submit: t('setup.saveNext'),
      oninput: ({ password, ...kept }) => keepDraft(DRAFT, kept),
      onsubmit: (values) => save(page, values, go),
      more: [test, ...back],
      fields: fields(presentValues(page), forced),
    }),
    outcome(page),
  ];
}
