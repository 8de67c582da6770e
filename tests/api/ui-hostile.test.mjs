/**
 * Texts that mean harm, through every field that takes text, and the pages that show them: each is shown to the letter
 * or was refused, and none becomes markup, a script, or a request to somebody else.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser } from '../support/browser.mjs';
import { Gaveld, OWNER } from '../support/gaveld.mjs';
import { signIn } from '../support/pages.mjs';
import { Person } from '../support/person.mjs';

/** At most 47 characters each: what the shortest of the fields takes. `hit` would be seen. */
const CORPUS = [
  '<script>hit=1</script>',
  '"><img src=//evil.example onerror=hit=1>',
  "'><svg onload=hit=1>",
  '</title></textarea><script>hit=1</script>',
  '<a href="javascript:hit=1">x</a>',
  '<iframe srcdoc="<script>parent.hit=1</script>">',
  '<base href=//evil.example/><b id=evil>&lt;i&gt;',
  '${hit=1}{{hit=1}}<%=hit=1%>#{hit=1}',
];
/** Of no use as a name, whatever shows it. */
const UNPRINTABLE = ['a\u0000b', 'a\r\nb', 'a\u001b[2Jb', 'gp\u202ej.exe', 'a\u2028b'];

/** @type {Gaveld} */
let box;
/** @type {Browser} */
let browser;
/** @type {Person} */
let owner;

before(async () => {
  box = await Gaveld.start({
    settings: {
      'node.url': 'http://127.0.0.1:1',
      'node.user': 'a',
      'node.password': 'b',
      'log.level': 'trace',
    },
  });
  owner = await Person.owner(box);
  browser = await Browser.open({ locale: 'en-US', reducedMotion: 'reduce' });
});
after(async () => {
  await browser?.close();
  await box?.close();
});

const patchSettings = (body) => owner.send('PATCH', '/api/v1/settings', body, { 'If-Match': '*' });

/** Name to how a text gets into the field; gives the answer. @type {Record<string, (text: string) => Promise<import('../support/api.mjs').Answer>>} */
const FIELDS = {
  'name of a key': (text) => owner.send('POST', '/api/v1/keys', { name: text, scopes: ['auctions:read'] }),
  'name of a webhook': (text) => owner.send('POST', '/api/v1/webhooks', { name: text, url: 'https://198.51.100.1/' }),
  'issuer of tokens': (text) => patchSettings({ 'auth.issuer': text, 'auth.audience': text, 'auth.jwks_file': text }),
  'names of the box': (text) => patchSettings({ 'web.hosts': text }),
};

/** These take no text but of their own grammar. @type {Record<string, (text: string) => Promise<import('../support/api.mjs').Answer>>} */
const GRAMMARS = {
  'name of a user': (text) => owner.send('POST', '/api/v1/users', { name: text, role: 'viewer', password: 'four words of their own' }),
  'role of a user': (text) => owner.send('POST', '/api/v1/users', { name: 'x', role: text, password: 'four words of their own' }),
  'scope of a key': (text) => owner.send('POST', '/api/v1/keys', { name: 'x', scopes: [text] }),
  'end of a key': (text) => owner.send('POST', '/api/v1/keys', { name: 'x', scopes: ['admin'], expires_at: text }),
  'address of a webhook': (text) => owner.send('POST', '/api/v1/webhooks', { name: 'x', url: text }),
  'event of a webhook': (text) => owner.send('POST', '/api/v1/webhooks', { name: 'x', url: 'https://198.51.100.1/', events: [text] }),
  'step of the set-up': (text) => owner.send('PUT', '/api/v1/setup/step', { step: text }),
  'address of the node': (text) => patchSettings({ 'node.url': text, 'counterparty.url': text }),
  'origins of pages': (text) => patchSettings({ 'web.cors_origins': text }),
  'network of the node': (text) => patchSettings({ 'node.network': text }),
  'id of a backup': (text) => owner.send('POST', '/api/v1/restore', { id: text, passphrase: 'a passphrase of words' }),
};

test('every field takes such a text as it is, or refuses it with a sentence that is JSON', async () => {
  for (const [field, put] of Object.entries(FIELDS)) {
    for (const text of CORPUS) {
      const { status, text: answer } = await put(text);
      assert.ok([200, 201].includes(status), `${field}: ${text}: ${status} ${answer}`);
    }
  }
  const controls = UNPRINTABLE.slice(0, 3);
  for (const text of controls)
    for (const put of Object.values(FIELDS)) assert.equal((await put(text)).status, 400, JSON.stringify(text));
});

test('fields of a grammar refuse all of them', async () => {
  for (const [field, put] of Object.entries(GRAMMARS))
    for (const text of [...CORPUS, ...UNPRINTABLE]) {
      const { status, headers } = await put(text);
      assert.ok([400, 404, 409].includes(status), `${field}: ${JSON.stringify(text)}: ${status}`);
      assert.equal(headers['content-type'], 'application/problem+json');
    }
});

/** What a browser was made to do that it should not. */
async function watch(page, problems) {
  await page.addInitScript(() => {
    globalThis.violations = [];
    document.addEventListener('securitypolicyviolation', (event) => {
      globalThis.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  const outside = [];
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== box.httpsUrl && !request.url().startsWith('data:'))
      outside.push(request.url());
  });
  page.on('dialog', (dialog) => {
    problems.push(`dialog ${dialog.message()}`);
    return dialog.dismiss();
  });
  return outside;
}

/** Markup that only one of the texts can have made. */
const made = (page) =>
  page.evaluate(() => {
    const bad = [...document.querySelectorAll('script:not([src]), base, iframe, object, embed, meta[http-equiv], #evil')];
    for (const element of document.querySelectorAll('*'))
      for (const { name, value } of element.attributes)
        if (name.startsWith('on') || name === 'srcdoc' || /^\s*javascript:/i.test(value) || (['src', 'href'].includes(name) && /evil\.example/.test(value)))
          bad.push(element);
    return bad.map((element) => element.outerHTML.slice(0, 120));
  });

/** Text and values of fields, as somebody sees them. */
const seen = (page) =>
  page.evaluate(
    () => `${document.body.textContent} ${[...document.querySelectorAll('input, textarea')].map((field) => field.value).join(' ')}`,
  );

async function assertTame(page, outside, problems, where) {
  assert.deepEqual(await made(page), [], where);
  assert.equal(await page.evaluate(() => globalThis.hit), undefined, where);
  assert.deepEqual(await page.evaluate(() => globalThis.violations), [], where);
  assert.deepEqual(outside, [], where);
  assert.deepEqual(problems.filter((text) => !/status of (4\d\d|503)/.test(text)), [], where);
}

test('the search for made markup finds what it looks for', async () => {
  const { page } = await browser.newPage();
  for (const text of CORPUS.slice(0, 7)) {
    await page.setContent(/^["']/.test(text) ? `<i title=${text[0]}${text}` : text);
    assert.notDeepEqual(await made(page), [], text);
  }
  await page.close();
});

test('the pages show them to the letter, and do nothing of what they say', async () => {
  for (const agent of CORPUS) {
    await Person.login(box.api, OWNER.name, OWNER.password, { headers: { 'User-Agent': agent } });
    await box.api.get(`/${encodeURIComponent(agent)}`, { 'User-Agent': agent, Referer: agent, Origin: agent });
  }
  const { page, problems } = await browser.newPage();
  const outside = await watch(page, problems);
  await page.goto(`${box.httpsUrl}/login`);
  await signIn(page, OWNER);
  const shows = {
    '/admin/keys': CORPUS,
    '/admin/webhooks': CORPUS,
    '/admin/sessions': [],
    '/admin/audit?kind=webhook': CORPUS,
    '/admin/logs': CORPUS.slice(-1),
    '/admin/settings': CORPUS.slice(-1),
    '/account': [],
    '/dashboard': [],
    '/admin/system': [],
    '/setup': [],
  };
  for (const [path, texts] of Object.entries(shows)) {
    await page.goto(`${box.httpsUrl}${path}`);
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    for (const text of texts)
      await page.waitForFunction(
        (wanted) =>
          document.body.textContent.includes(wanted) ||
          [...document.querySelectorAll('input')].some((field) => field.value.includes(wanted)),
        text,
        { timeout: 10000 },
      ).catch(async () => assert.fail(`${path} does not show ${text}: ${(await seen(page)).slice(0, 3000)}`));
    await assertTame(page, outside, problems, path);
  }
  await page.close();
});

test('addresses that carry them are pages like others', async () => {
  const { page, problems } = await browser.newPage();
  const outside = await watch(page, problems);
  for (const text of CORPUS.slice(0, 4)) {
    const escaped = encodeURIComponent(text.replaceAll('/', ''));
    for (const path of [
      `/?q=${escaped}&status=${escaped}&sort=${escaped}`,
      `/lots/${escaped}`,
      `/admin/${escaped}`,
      `/admin/audit?kind=${escaped}`,
      `/admin/logs?level=${escaped}&module=${escaped}`,
      `/login?next=${escaped}`,
      `/docs#${escaped}`,
      `/oracle?span=${escaped}`,
      `/problems/${escaped}`,
      `/nowhere/${escaped}`,
    ]) {
      await page.goto(`${box.httpsUrl}${path}`);
      await assertTame(page, outside, problems, path);
    }
  }
  await page.close();
});

test('signing in leads to a page of this box, whatever the address asks for', async () => {
  await browser.context.clearCookies();
  const { page, problems } = await browser.newPage();
  const outside = await watch(page, problems);
  for (const next of ['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:hit=1', '/\t/evil.example']) {
    await page.goto(`${box.httpsUrl}/login?next=${encodeURIComponent(next)}`);
    await signIn(page, OWNER);
    assert.equal(new URL(page.url()).origin, box.httpsUrl, next);
    await assertTame(page, outside, problems, next);
    await browser.context.clearCookies();
  }
  await page.close();
});
