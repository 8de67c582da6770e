/* What the StartOS sources do when StartOS asks them, through the SDK itself; StartOS is played by the effects below. tests/package/startos
 * compiles the sources and says where they are. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import test from 'node:test';

const sources = createRequire(`${process.env.GAVEL_STARTOS}/`);
const { main } = sources('./main.js');
const { actions, showClaim } = sources('./actions.js');
const { init } = sources('./init.js');
const { hostId, port } = sources('./interfaces.js');

const OS = '10.0.3.1';
const address = (hostname, kind, more = {}) => ({ hostname, ssl: true, public: false, port: 443, metadata: { kind, gateway: 'eth0', gateways: ['eth0'], ...more } });
const available = [
  address('box.local', 'mdns'),
  { ...address('box.local', 'mdns'), ssl: false, port: 80 },
  address('192.168.1.5', 'ipv4'),
  address('fd00::5', 'ipv6', { scopeId: 2 }),
  address('gavel.example', 'public-domain'),
  address('gavel.lan', 'private-domain'),
  address('abcdefgh.onion', 'plugin', { packageId: 'tor' }),
];
const page = { id: 'ui', addressInfo: { hostId, internalPort: port, scheme: 'http', sslScheme: 'https', suffix: '', username: null } };
const host = { bindings: { [port]: { addresses: { enabled: [], disabled: [], available }, interfaces: { ui: page } } }, bindingRanges: {} };

async function daemons(found) {
  const effects = { isInContext: true, onLeaveContext() {}, getOsIp: async () => OS, getHostInfo: async () => found };
  const { entries } = await main({ effects });
  return Object.fromEntries(entries.map((entry) => [entry.id, entry]));
}

test('gaveld is told the names of its page, each once, and whom to believe about its clients', async () => {
  const { env } = (await daemons(host)).gaveld.exec;
  assert.equal(env.GAVEL_WEB__HOSTS, 'abcdefgh.onion,box.local,gavel.example,gavel.lan');
  assert.equal(env.GAVEL_WEB__TRUSTED_PROXIES, OS);
});

test('a page that has no names yet does not keep gaveld from starting', async () => {
  for (const found of [null, { bindings: {}, bindingRanges: {} }])
    assert.equal((await daemons(found)).gaveld.exec.env.GAVEL_WEB__HOSTS, '');
});

test('root gives the volume to the user of the image before gaveld runs as him', async () => {
  const { gaveld, 'own-data': own } = await daemons(host);
  assert.deepEqual([own.kind, own.exec.user, own.exec.command], ['oneshot', 'root', ['chown', '-R', '1000:1000', '/data']]);
  assert.deepEqual([gaveld.requires, gaveld.exec.user], [['own-data'], undefined]);
});

test('no task that a fresh box sets keeps it from the start that its action needs', async () => {
  const tasks = [];
  const known = {
    isInContext: true,
    child: () => effects,
    getServicePortForward: async () => ({ assignedPort: port, assignedSslPort: 443 }),
    action: { createTask: async (task) => void tasks.push(task), export: async () => null, clear: async () => null },
  };
  const effects = new Proxy(known, { get: (all, name) => all[name] ?? (async () => null) });
  await init({ effects, kind: 'install', progress: null });
  assert.deepEqual(tasks.map(({ actionId }) => actionId), [showClaim.id]);
  for (const { actionId, severity } of tasks) {
    const { allowedStatuses } = await actions.get(actionId).exportMetadata({ effects });
    assert.ok(severity !== 'critical' || allowedStatuses !== 'only-running', actionId);
  }
});
