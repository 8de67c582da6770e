/**
 * Child processes and temporary folders that never outlive us.
 *
 * A child is started through setpriv with a parent-death signal, so it goes even when this process
 * is killed with SIGKILL, and in a session of its own, so Ctrl-C reaches only us and we stop it in
 * order. It is stopped by its pid, never by name.
 */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the repository. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Folder of the build whose programs are tested. */
export const BUILD_DIR = process.env.GAVEL_BUILD_DIR ?? join(ROOT, 'build/host');

const LOG_KEPT = 4 * 1024 * 1024;
const folders = new Set();
/** @type {Set<Child>} those that have not ended */
const children = new Set();

process.on('exit', () => {
  for (const child of children) child.process.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

// A signal that nobody else handles ends us in order, so that the above happens.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => {
    if (process.listenerCount(signal) === 1) process.exit(1);
  });
}

/** @param {string} name */
export function makeTempDir(name) {
  const folder = mkdtempSync(join(tmpdir(), `gavel-${name}-`));
  folders.add(folder);
  return folder;
}

/** @param {string} folder made by makeTempDir */
export function removeTempDir(folder) {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  folders.delete(folder);
}

/** Below what the kernel gives to outgoing connections, which could take a port before we do. */
const PORTS = { first: 12000, count: 18000 };

/** @returns {Promise<import('net').Server|null>} null when the port is taken */
function listenOnce(port) {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

/**
 * Ports nobody listens on now. They are all held while we look, so they differ from each other.
 * @param {number} count
 * @returns {Promise<number[]>}
 */
export async function freePorts(count) {
  const servers = [];
  while (servers.length < count) {
    const server = await listenOnce(PORTS.first + randomInt(PORTS.count));
    if (server) servers.push(server);
  }
  const ports = servers.map((server) => /** @type {import('net').AddressInfo} */ (server.address()).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

export class Child {
  /**
   * @param {string} program
   * @param {string[]} args
   * @param {{env?: Record<string, string>, cwd?: string}} [options]
   */
  constructor(program, args, { env, cwd } = {}) {
    this.name = program.split('/').at(-1);
    /** What it wrote to both outputs, the newest part. */
    this.output = '';
    this.exit = null;
    this.process = spawn('setpriv', ['--pdeathsig', 'KILL', '--', program, ...args], {
      env: { ...process.env, ...env },
      cwd,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.pid = this.process.pid;
    children.add(this);
    const keep = (/** @type {Buffer} */ chunk) => {
      this.output = (this.output + chunk.toString('utf8')).slice(-LOG_KEPT);
    };
    this.process.stdout.on('data', keep);
    this.process.stderr.on('data', keep);
    /** Settles once, with how it ended. @type {Promise<{code: number|null, signal: string|null}>} */
    this.ended = new Promise((resolve) => {
      this.process.on('error', (error) => {
        this.output += `\n${error.message}`;
        this.exit = { code: 127, signal: null };
        children.delete(this);
        resolve(this.exit);
      });
      this.process.on('close', (code, signal) => {
        this.exit ??= { code, signal };
        children.delete(this);
        resolve(this.exit);
      });
    });
  }

  /** Last lines for an error message. */
  tail(lines = 15) {
    return this.output.trimEnd().split('\n').slice(-lines).join('\n');
  }

  /**
   * @param {NodeJS.Signals} [signal]
   * @param {number} [timeoutMs] after which it is killed, and the stop has failed
   */
  async stop(signal = 'SIGTERM', timeoutMs = 20000) {
    if (this.exit) return this.exit;
    this.process.kill(signal);
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(() => resolve(null), timeoutMs);
    });
    const ended = await Promise.race([this.ended, late]);
    clearTimeout(timer);
    if (ended) return ended;
    this.process.kill('SIGKILL');
    await this.ended;
    throw new Error(`${this.name} did not stop within ${timeoutMs} ms of ${signal}:\n${this.tail()}`);
  }
}
