import { connect, type Socket } from 'node:net';
import { localMs } from '../../fhir/time.ts';
import { CLOCK_SOURCE, clockFrame, DEVICES, type FedDevice, ZONE } from './devices.ts';

export interface Fed {
  readonly n: number;
  readonly device: FedDevice;
  readonly hex: string;
}

/**
 * The devices of one home, outside the process under test: they keep each reading until the gateway
 * answered that it is on disk, and hand it over again, the same bytes, at every visit until then.
 */
export function createFeeder(deps: {
  /** True time, as the devices' own clocks show it, ms UTC. */
  readonly now: () => number;
  /** Something was answered: what it rests on has been synced. */
  readonly onAnswer: () => void;
}) {
  const waiting = new Map<number, Fed>();
  const answered = new Map<number, Fed>();
  const refused = new Map<string, number>();
  let next = 0;
  let socket: Socket | undefined;
  let onClock: (() => void) | undefined;

  function take(line: string): void {
    const [id = '', outcome = '', code = ''] = line.split(' ');
    if (id === 'clock') onClock?.();
    const fed = waiting.get(Number(id));
    if (outcome === 'refused') refused.set(code, (refused.get(code) ?? 0) + 1);
    if (outcome !== 'kept' || !fed) return;
    deps.onAnswer();
    answered.set(fed.n, fed);
    waiting.delete(fed.n);
  }

  const hand = ({ n, device, hex }: Fed) =>
    socket?.write(`${n} ${device.address} ${device.source} ${hex}\n`);

  return {
    /** Readings answered for: on the gateway's disk, by its own word. */
    answered: answered as ReadonlyMap<number, Fed>,
    refused: refused as ReadonlyMap<string, number>,
    waiting: () => waiting.size,
    /** Whose reading has this number, and of what kind; undefined for a number never measured. */
    deviceOf: (n: number) => (answered.get(n) ?? waiting.get(n))?.device,

    /** Begins a visit; false when the gateway is not there yet. */
    async visit(path: string): Promise<boolean> {
      const opened = connect(path);
      const isOpen = await new Promise<boolean>((resolve) => {
        opened.once('connect', () => resolve(true)).on('error', () => resolve(false));
      });
      if (!isOpen) return false;
      let rest = '';
      opened.setEncoding('latin1').on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) take(line);
      });
      socket = opened;
      for (const { address } of DEVICES) {
        const hex = clockFrame(deps.now()).toString('hex');
        socket.write(`-1 ${address} ${CLOCK_SOURCE} ${hex}\n`);
      }
      for (const fed of waiting.values()) hand(fed);
      return true;
    },

    /** Somebody measures; the frame is handed over at once if the gateway is there. */
    measure(device: FedDevice): void {
      const n = next;
      next += 1;
      const hex = device.frame(n, localMs(deps.now(), ZONE)).toString('hex');
      const fed = { n, device, hex };
      waiting.set(n, fed);
      hand(fed);
    },

    /** A reading of which the gateway has the frame already: from an older store. */
    had(device: FedDevice): Fed {
      const n = next;
      next += 1;
      const hex = device.frame(n, localMs(deps.now(), ZONE)).toString('hex');
      const fed = { n, device, hex };
      answered.set(n, fed);
      return fed;
    },

    /** Sets the gateway's clock; fulfils when it has it, or never. */
    setClock(offsetMs: number, trusted: boolean): Promise<void> {
      return new Promise((resolve) => {
        onClock = resolve;
        socket?.write(`clock ${offsetMs} ${trusted ? 'trusted' : 'untrusted'}\n`);
      });
    },

    /** The gateway has gone: fulfils when all that it answered has been read. */
    async leave(): Promise<void> {
      const left = socket;
      socket = undefined;
      if (left && !left.closed) await new Promise((resolve) => left.once('close', resolve));
    },
  };
}

export type Feeder = ReturnType<typeof createFeeder>;
