/** The SD card image as a box: its card read and written as an owner's laptop would, its ports, and a shell by SSH. */
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { Machine } from './machine.mjs';
import { Child, freePorts, makeTempDir, removeTempDir } from './process.mjs';
import { until } from './wait.mjs';

const run = promisify(execFile);

/** Where the image's first partition begins. */
const CARD_OFFSET = '4M';
/** A card of a usual size, so that the data partition has room to grow into. */
const CARD_SIZE = '8G';
const BOARDS = {
  virt: {
    memory: 512,
    append: 'console=ttyAMA0',
    // No random numbers in the device tree, as on the boards: with one the kernel shuffles itself and pays for every call.
    more: ['-M', 'dtb-randomness=off', '-device', 'i6300esb', '-watchdog-action', 'reset'],
  },
  raspi3b: {
    memory: 1024,
    // qemu takes the first word to the watchdog for a reset; what speaks to the board's other processor waits in vain; its
    // network card has a number that a driver for another kind of card also claims, and whichever loads first has it.
    append:
      'console=ttyS1,115200 deferred_probe_timeout=1 modprobe.blacklist=bcm2835_wdt,cdc_subset,vc4,hci_uart,bcm2835_v4l2,snd_bcm2835',
    more: [],
  },
};
const DEVICE_TREE = 'bcm2837-rpi-3-b.dtb';

export class Box {
  /** @param {string} image the raw image; worked on as a copy @param {keyof typeof BOARDS} [board] */
  static insert(image, board = 'virt') {
    const box = new Box();
    box.board = board;
    box.dir = makeTempDir('box');
    box.disk = join(box.dir, 'card.img');
    execFileSync('cp', ['--sparse=always', image, box.disk]);
    execFileSync('truncate', ['-s', CARD_SIZE, box.disk]);
    for (const name of ['vmlinuz', 'initrd.img', 'cmdline.txt']) box.take(`a/${name}`, join(box.dir, name));
    if (board === 'raspi3b') {
      box.take(`a/${DEVICE_TREE}`, join(box.dir, DEVICE_TREE));
      // This model has no loader that unpacks a kernel.
      writeFileSync(join(box.dir, 'vmlinuz'), gunzipSync(readFileSync(join(box.dir, 'vmlinuz'))));
    }
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', join(box.dir, 'key')]);
    return box;
  }

  get card() {
    return `${this.disk}@@${CARD_OFFSET}`;
  }

  /** What the model of a board was asked for and does not know; among it, words to the firmware. */
  get unknown() {
    return join(this.dir, 'unknown.log');
  }

  get publicKey() {
    return readFileSync(join(this.dir, 'key.pub'), 'utf8').trim();
  }

  /** Copy a file from the card. @param {string} name @param {string} to */
  take(name, to) {
    execFileSync('mcopy', ['-n', '-i', this.card, `::${name}`, to]);
  }

  /** Text of a file on the card; null when there is none. @param {string} name */
  read(name) {
    try {
      return execFileSync('mtype', ['-i', this.card, `::${name}`], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    } catch {
      return null;
    }
  }

  /** @param {string} name @param {string} text */
  write(name, text) {
    execFileSync('mcopy', ['-o', '-i', this.card, '-', `::${name}`], { input: text });
  }

  /** Power on; the kernel comes from the card. */
  async start() {
    const cmdline = readFileSync(join(this.dir, 'cmdline.txt'), 'utf8').trim();
    const { memory, append, more } = BOARDS[this.board];
    this.machine = await Machine.start({
      board: this.board,
      kernel: join(this.dir, 'vmlinuz'),
      initrd: join(this.dir, 'initrd.img'),
      append: `${cmdline} ${append}`,
      memory,
      ports: { http: 80, https: 443, ssh: 22 },
      disk: this.disk,
      more: [...more, ...(this.board === 'raspi3b' ? ['-dtb', join(this.dir, DEVICE_TREE), '-d', 'unimp', '-D', this.unknown] : [])],
    });
    this.httpUrl = `http://127.0.0.1:${this.machine.ports.http}`;
    this.httpsUrl = `https://127.0.0.1:${this.machine.ports.https}`;
  }

  /**
   * Wait until it restarts by itself, which ends the emulation, and power on again. Which slot's kernel starts is decided as
   * the boards' firmware is documented to: by os_prefix of tryboot.txt when the restart asked for a try (the service manager
   * says so on the console) and there is one, else of config.txt. A stand-in: no board was asked.
   * @param {number} timeoutMs
   */
  async restarted(timeoutMs) {
    await this.tunneling?.stop('SIGKILL');
    await until('the box to restart', () => this.machine.child.exit, { timeoutMs, everyMs: 250 });
    await run('ssh', [...this.sshOptions, '-O', 'exit', 'root@127.0.0.1']).catch(() => undefined);
    const tries = /Rebooting with argument '0 tryboot'/.test(this.machine.console);
    const config = (tries && this.read('tryboot.txt')) || this.read('config.txt') || '';
    const [, prefix] = /^os_prefix=(.+)$/m.exec(config) ?? [];
    for (const name of ['vmlinuz', 'initrd.img', 'cmdline.txt']) this.take(`${prefix}${name}`, join(this.dir, name));
    await this.start();
  }

  /** What a start has taken, for people. @param {number} started by Date.now() @returns {string} */
  spent(started) {
    return `${((Date.now() - started) / 1000).toFixed(0)} s, ${this.machine.processorSeconds.toFixed(0)} s of processors`;
  }

  get sshOptions() {
    const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'BatchMode=yes', 'ConnectTimeout=30'];
    // One connection for all commands: the box's wall lets few new ones in a minute.
    options.push('ControlMaster=auto', 'ControlPersist=yes', `ControlPath=${join(this.dir, 'ssh')}`);
    return [
      ...['-q', '-F', 'none', '-i', join(this.dir, 'key'), '-p', String(this.machine.ports.ssh)],
      ...options.flatMap((option) => ['-o', option]),
    ];
  }

  /** @param {string} command of its shell @returns {Promise<string>} what it printed */
  async shell(command) {
    const { stdout } = await run('ssh', [...this.sshOptions, 'root@127.0.0.1', command]);
    return stdout.trim();
  }

  /** A port here that leads to one of the box's own. @param {number} port @returns {Promise<number>} */
  async tunnel(port) {
    const [here] = await freePorts(1);
    this.tunneling = new Child('ssh', [...this.sshOptions, '-N', '-L', `${here}:127.0.0.1:${port}`, 'root@127.0.0.1']);
    return here;
  }

  /** As a power cut does. */
  async cut() {
    await this.tunneling?.stop('SIGKILL');
    await this.machine.cut();
    await run('ssh', [...this.sshOptions, '-O', 'exit', 'root@127.0.0.1']).catch(() => undefined);
  }

  async close() {
    if (this.machine) await this.cut();
    removeTempDir(this.dir);
  }
}
