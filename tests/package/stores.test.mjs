/* The folders for Umbrel, StartOS and container engines keep the rules of those who take them, and agree with each other, with
 * the version of the build and with the settings that gaveld has. Engines and stores themselves were not asked: none runs here. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { validate } from 'dockerfile-utils';
import { parse } from 'yaml';

const at = (path) => new URL(`../../toolchain/packages/${path}`, import.meta.url);
const read = (path) => readFileSync(at(path), 'utf8');
const version = /^project\(gavel VERSION ([0-9.]+)/m.exec(readFileSync(new URL('../../CMakeLists.txt', import.meta.url), 'utf8'))[1];
const settings = new Set(execFileSync(`${process.env.GAVEL_BUILD_DIR ?? 'build/host'}/gaveld`, ['--settings'], { encoding: 'utf8' })
  .split('\n').filter(Boolean).map((line) => line.split(' ')[0]));
const knownSettings = (names) => names.filter((name) => name.startsWith('GAVEL_'))
  .forEach((name) => assert.ok(settings.has(name.slice(6).toLowerCase().replace('__', '.')), `gaveld has no setting for ${name}`));

test('the Dockerfile has no finding of the linter, does not run as root and follows no moving tag', () => {
  const text = read('oci/Dockerfile');
  assert.deepEqual(validate(text).map(({ message, range }) => `${range.start.line + 1}: ${message}`), []);
  const lines = text.split('\n').filter((line) => /^[A-Z]+ /.test(line));
  assert.ok(lines.includes('USER 1000:1000'));
  assert.ok(lines.filter((line) => line.startsWith('FROM ')).every((line) => /:[a-z0-9.-]+/.test(line) && !/:latest/.test(line)));
  assert.ok(text.includes('--no-install-recommends') && text.includes('rm -rf /var/lib/apt/lists'));
  assert.match(text, /^ENTRYPOINT \["/m);
  knownSettings(/^ENV (.*)$/m.exec(text)[1].split(' ').map((pair) => pair.split('=')[0]));
});

test('the Umbrel app has what its store asks for', () => {
  const app = parse(read('umbrel/gavel/umbrel-app.yml'));
  assert.deepEqual([app.manifestVersion, app.id, app.category, app.path, app.defaultPassword], [1, 'gavel', 'bitcoin', '', '']);
  assert.equal(app.version, version);
  assert.deepEqual(app.dependencies, ['bitcoin']);
  assert.ok(Number.isInteger(app.port));
  assert.ok(app.tagline.length <= 100 && !app.tagline.endsWith('.'));
  for (const key of ['name', 'description', 'developer', 'website', 'submitter', 'submission']) assert.ok(app[key], key);
  assert.deepEqual(app.gallery, []);
});

test('its compose file pins the image, runs as nobody special, is told its names and trusts its proxy', () => {
  const { services } = parse(read('umbrel/gavel/docker-compose.yml'));
  const { app_proxy: proxy, web } = services;
  assert.deepEqual(proxy.environment, { APP_HOST: 'gavel_web_1', APP_PORT: 8480, PROXY_AUTH_WHITELIST: '/api/v1/*' });
  assert.match(web.image, new RegExp(`:${version.replaceAll('.', '\\.')}@sha256:[0-9a-f]{64}$`));
  assert.deepEqual([web.user, web.restart, web.init, web.stop_grace_period], ['1000:1000', 'on-failure', true, '1m']);
  assert.deepEqual(web.volumes, ['${APP_DATA_DIR}/data:/data']);
  assert.ok(existsSync(at('umbrel/gavel/data/.gitkeep')), 'a folder that the store does not make would be made by root');
  assert.equal(web.ports, undefined);
  knownSettings(Object.keys(web.environment));
  assert.deepEqual(web.environment.GAVEL_WEB__HOSTS.split(','), ['${DEVICE_DOMAIN_NAME}', '${DEVICE_HOSTNAME}', '${APP_HIDDEN_SERVICE}']);
  assert.equal(web.environment.GAVEL_WEB__TRUSTED_PROXIES, '10.21.0.0/16');
});

test('the StartOS sources tell the same version and only settings that exist', () => {
  assert.ok(read('startos/startos/versions.ts').includes(`version: '${version}:0'`));
  assert.ok(read('startos/startos/manifest.ts').includes(`dockerTag: 'gavel/gavel:${version}'`));
  knownSettings(read('startos/startos/main.ts').match(/GAVEL_[A-Z_]+/g));
  const [, short] = /short: '([^']+)'/.exec(read('startos/startos/manifest.ts'));
  const [, long] = /long: '([^']+)'/.exec(read('startos/startos/manifest.ts'));
  assert.ok(short.length <= 80 && long.length <= 500);
});
