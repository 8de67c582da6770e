/** The real gaveld (and gavelctl beside it), started on free ports over a folder of its own. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Api } from './api.mjs';
import { BUILD_DIR, Child, makeTempDir, removeTempDir } from './process.mjs';
import { until } from './wait.mjs';

const run = promisify(execFile);

/** The program under test. */
export const GAVELD = process.env.GAVELD ?? join(BUILD_DIR, 'gaveld');
export const GAVELCTL = process.env.GAVELCTL ?? join(dirname(GAVELD), 'gavelctl');

/** Who owns every box of the tests. */
export const OWNER = { name: 'owner', password: 'a password for tests only' };

export class Gaveld {
  /**
   * @param {object} options
   * @param {Record<string, string>} options.settings  "section.key" to value
   * @param {string} [options.program]
   * @param {string} [options.dir]  data folder; a temporary one when absent
   * @param {Record<string, string>} [options.env]
   * @param {boolean} [options.claim]  false: leave a fresh box without an owner
   */
  static async start({ settings, program = GAVELD, dir, env = {}, claim = true }) {
    const daemon = new Gaveld();
    daemon.program = program;
    daemon.ownsDir = dir === undefined;
    daemon.dir = dir ?? makeTempDir('data');
    daemon.settings = {
      'http.bind': '127.0.0.1',
      'http.port': '0',
      'https.bind': '127.0.0.1',
      'https.port': '0',
      'web.limit_loopback': 'off',
      'node.poll_seconds': '1',
      'node.network': 'regtest',
      ...settings,
    };
    daemon.env = env;
    await daemon.launch();
    if (claim && !(await daemon.api.get('/api/v1/setup')).json.claimed) await daemon.claim();
    return daemon;
  }

  /** Start it over the same data, and wait until it answers. */
  async launch() {
    const settings = Object.entries(this.settings).map(([key, value]) => [
      `GAVEL_${key.toUpperCase().replace('.', '__')}`,
      value,
    ]);
    this.child = new Child(this.program, ['--data', this.dir], {
      env: { ...Object.fromEntries(settings), ...this.env },
    });
    const ports = await until(
      'gaveld to listen',
      () => {
        if (this.child.exit) return { pid: this.child.pid, failed: true };
        const file = join(this.dir, 'ports.json');
        const seen = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
        return seen?.pid === this.child.pid && seen;
      },
      { timeoutMs: 20000, everyMs: 5 },
    );
    if (ports.failed)
      throw new Error(`gaveld ended at start with ${JSON.stringify(this.child.exit)}:\n${this.child.tail()}`);
    /** Everything it listens at, as it wrote it down. */
    this.ports = ports;
    this.httpPort = ports.http;
    this.httpsPort = ports.https;
    this.api?.close();
    this.api = new Api(`http://127.0.0.1:${this.httpPort}`);
    await until('GET /health', async () => (await this.api.get('/health')).status === 200, { everyMs: 5 });
  }

  get httpsUrl() {
    return `https://127.0.0.1:${this.httpsPort}`;
  }

  /** The certificate authority that this box made for itself. */
  get ca() {
    return readFileSync(join(this.dir, 'tls/ca.crt'), 'utf8');
  }

  /** Everything it logged in this run. */
  get log() {
    return this.child.output;
  }

  /** @param {string[]} args @returns {Promise<string>} what gavelctl printed */
  async ctl(...args) {
    const { stdout } = await run(GAVELCTL, ['--data', this.dir, ...args]);
    return stdout.trim();
  }

  /** The same with a line of standard input: a password. @param {string} input @param {string[]} args */
  async ctlWith(input, ...args) {
    const asked = run(GAVELCTL, ['--data', this.dir, ...args]);
    asked.child.stdin?.end(`${input}\n`);
    return (await asked).stdout.trim();
  }

  /** Become its owner, as from its console. */
  async claim() {
    await this.ctlWith(OWNER.password, 'claim', '--name', OWNER.name);
  }

  /** @param {{legacyUnlocked?: boolean}} [options] @returns {Promise<string>} */
  async createKey({ legacyUnlocked = false, scope = 'auctions:write' } = {}) {
    const flag = legacyUnlocked ? ['--legacy-unlocked'] : [];
    const printed = await this.ctl(
      'apikey',
      'create',
      '--name',
      'test',
      '--scope',
      scope,
      ...flag,
    );
    const [key] = /gvl_\S+/.exec(printed) ?? [];
    if (!key) throw new Error(`gavelctl printed no key: ${printed}`);
    return key;
  }

  /** Resident memory now, in bytes. */
  residentBytes() {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)[1]) * 1024;
  }

  /** Ask it to end; anything but a clean exit is an error. */
  async halt() {
    const { code, signal } = await this.child.stop();
    if (code !== 0) throw new Error(`gaveld ended with ${code ?? signal}:\n${this.child.tail(40)}`);
  }

  /** As a power cut would. */
  async kill() {
    await this.child.stop('SIGKILL');
  }

  async close() {
    this.api?.close();
    try {
      await this.halt();
    } finally {
      if (this.ownsDir) removeTempDir(this.dir);
    }
  }
}
