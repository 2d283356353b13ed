import { CONTRACT_VERSION } from '../../agent/contract/contract.ts';
import type { Receipt } from '../../agent/contract/messages.ts';
import {
  createMqttLink,
  type MqttLink,
  type MqttLinkDeps,
} from '../../agent/home/transport/mqtt.ts';
import { createLog } from '../../agent/log.ts';
import { until } from './until.ts';

export const GATEWAY = 'gw-test000000000000';

const EVENT = {
  v: CONTRACT_VERSION,
  id: '00000000-0000-4000-8000-000000000001',
  kind: 'battery',
  at: '2026-11-20T07:31:12Z',
  cause: 'battery-low',
} as const;

export interface LinkBench extends AsyncDisposable {
  readonly link: MqttLink;
  readonly receipts: Receipt[];
  /** `online`, `offline broker-unreachable` … in order. */
  readonly states: string[];
  readonly logLines: string[];
  online(): Promise<void>;
  /** Online, and all that was sent so far is acknowledged. */
  idle(): Promise<void>;
  state(text: string): Promise<void>;
}

/** A link that tries again soon, waits long for answers, and writes down what it says. */
export function startLink(
  config: Omit<MqttLinkDeps['config'], 'type'>,
  over: Partial<MqttLinkDeps> = {},
): LinkBench {
  const receipts: Receipt[] = [];
  const states: string[] = [];
  const logLines: string[] = [];
  const link = createMqttLink({
    config: { type: 'mqtt', ...config },
    gateway: GATEWAY,
    version: '0.0.0-test',
    now: () => Date.now(),
    random: () => 0.5,
    receiptSeq: () => Math.max(0, ...receipts.map((receipt) => receipt.seq)),
    onReceipt: (receipt) => receipts.push(receipt),
    onState: (state, code) => states.push(code ? `${state} ${code}` : state),
    deliverTimeoutMs: 20_000,
    log: createLog({
      level: 'debug',
      program: 'test',
      destination: { write: (line) => logLines.push(line) },
    }),
    reconnect: { minMs: 20, maxMs: 200, slowMs: 300 },
    patience: { keepAliveS: 30, connectTimeoutMs: 20_000, filesEveryMs: 60_000 },
    ...over,
  });
  link.start();
  const online = () => until(() => link.state().online, 'the link is online');
  return {
    link,
    receipts,
    states,
    logLines,
    online,
    idle: async () => {
      await online();
      // Acknowledgements come in order, so this one's comes last.
      await link.publishEvent('nobody', EVENT);
    },
    state: (text) => until(() => states.includes(text), text),
    [Symbol.asyncDispose]: () => link.close(),
  };
}
