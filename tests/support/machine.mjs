/**
 * A box in emulation: qemu-system-aarch64 with its ports forwarded to loopback. It is stopped as a power cut stops a
 * box; what it wrote to its serial console is kept for the error message.
 */
import { readFileSync } from 'node:fs';
import { Child, freePorts } from './process.mjs';
import { until } from './wait.mjs';

/**
 * What can be emulated. `virt` is a board that only exists there, with a processor as old as the oldest board's: a newer one
 * costs the emulator more. `raspi3b` is the Raspberry Pi 3: its SD controller, a network card on its USB, 1 GB, four processors,
 * and the console on the second serial port.
 */
const BOARDS = {
  virt: {
    machine: ['-M', 'virt', '-cpu', 'cortex-a53', '-smp', '2', '-device', 'virtio-rng-pci', '-serial', 'stdio'],
    card: 'virtio-net-pci,netdev=n,romfile=',
    disk: (/** @type {string} */ file) => ['-drive', `if=none,id=d,file=${file},format=raw`, '-device', 'virtio-blk-pci,drive=d'],
  },
  raspi3b: {
    machine: ['-M', 'raspi3b', '-serial', 'null', '-serial', 'stdio'],
    // An address as makers of cards have them: with one of its own choosing the kernel does not call it a cable (eth0).
    card: 'usb-net,netdev=n,mac=40:54:00:12:34:56',
    disk: (/** @type {string} */ file) => ['-drive', `if=sd,file=${file},format=raw`],
  },
};

/** Of /proc, on every Linux of today. */
const TICKS_PER_S = 100;

export class Machine {
  /**
   * @param {object} options
   * @param {keyof typeof BOARDS} [options.board]
   * @param {string} options.kernel @param {string} options.initrd @param {string} options.append command line
   * @param {number} options.memory MiB
   * @param {Record<string, number>} options.ports name to the port inside; `machine.ports` has those outside
   * @param {string} [options.disk] raw image, written to
   * @param {string[]} [options.more] further arguments
   */
  static async start({ board = 'virt', kernel, initrd, append, memory, ports, disk, more = [] }) {
    const { machine: itself, card, disk: slot } = BOARDS[board];
    const names = Object.keys(ports);
    const outside = await freePorts(names.length);
    const machine = new Machine();
    machine.ports = Object.fromEntries(names.map((name, i) => [name, outside[i]]));
    const forwards = names.map((name, i) => `,hostfwd=tcp:127.0.0.1:${outside[i]}-:${ports[name]}`);
    machine.child = new Child('qemu-system-aarch64', [
      ...itself,
      ...['-accel', 'tcg,thread=multi', '-m', String(memory)],
      ...['-kernel', kernel, '-initrd', initrd, '-append', append],
      ...['-netdev', `user,id=n${forwards.join('')}`, '-device', card],
      ...['-display', 'none', '-monitor', 'none', '-no-reboot'],
      ...(disk ? slot(disk) : []),
      ...more,
    ]);
    return machine;
  }

  /** What the serial console showed. */
  get console() {
    return this.child.output;
  }

  /** Processor time that it has had, in seconds: where other machines share the processors, a clock says little. */
  get processorSeconds() {
    const [user, system] = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13);
    return (Number(user) + Number(system)) / TICKS_PER_S;
  }

  /**
   * As until() of wait.mjs, but gives up at once when the machine has stopped; the error ends with its console.
   * @template T
   * @param {string} what @param {() => (T | Promise<T>)} probe
   * @param {number} timeoutMs
   * @returns {Promise<NonNullable<T>>}
   */
  async until(what, probe, timeoutMs) {
    const stopped = {};
    const seen = await until(what, () => (this.child.exit ? stopped : probe()), { timeoutMs, everyMs: 250 }).catch((error) => {
      throw new Error(`${error.message}\n${this.child.tail(40)}`);
    });
    if (seen === stopped) throw new Error(`the machine stopped while waiting for ${what}:\n${this.child.tail(40)}`);
    return /** @type {any} */ (seen);
  }

  /** Pull the plug. */
  async cut() {
    await this.child.stop('SIGKILL');
  }
}
