import { setTimeout as delay } from 'node:timers/promises';
import type { AdoptedDevice, Keep, PairingDialog, Seen } from '../../../adapters/adapter.ts';
import { identify } from '../../../adapters/bluetooth/models/index.ts';
import type { Said } from '../../../adapters/bluetooth/models/model.ts';
import { deviceKey } from '../../../fhir/identifiers.ts';
import type { DeviceFacts } from '../../../fhir/reading.ts';
import type { Clock } from '../../clock.ts';
import { CodedError, codeOf } from '../../errors.ts';
import type { Audit } from '../audit.ts';
import type { Captures } from '../journal/captures.ts';
import type { Committer } from '../journal/committer.ts';
import type { Pipeline } from '../pipeline.ts';
import { isPending } from '../views.ts';
import { ADOPTED_UNDATED, type DeviceRow, type Devices, type SlotKind } from './devices.ts';
import { type Recognised, recognised } from './recognised.ts';

/** What pairing needs of the radio's adapter. */
export interface PairingRadio {
  seen(): Seen[];
  pair(
    address: string,
    keep: Keep,
    onProgress: (step: string) => void,
    signal: AbortSignal,
    dialog?: PairingDialog,
  ): Promise<{ address: string; services: string[] }>;
  unpair(address: string): Promise<void>;
}

export interface AdoptOptions {
  readonly address: string;
  readonly name: string;
  readonly model?: string | undefined;
  readonly slotKind?: SlotKind;
  readonly facts?: Partial<DeviceFacts>;
  readonly simulated?: boolean;
}

const ADVICE: Record<string, string> = {
  'radio-not-heard': 'Put the device in pairing mode beside the gateway and try again.',
  'radio-pairing-failed':
    'Put the device in pairing mode again; check the code; remove the pairing in a phone app first.',
  'radio-aborted': 'It was cancelled, or took too long. Begin again with the device at hand.',
  'radio-bond-lost': 'Put the device in pairing mode and try again.',
  'radio-busy': 'Another pairing is under way. Wait until it ends.',
  'radio-off': 'The Bluetooth radio is off or missing. Run `iomt doctor`.',
};

const noStep = () => undefined;

/** A first record is looked for this often, ms: a person waits for it. */
const LOOK_EVERY_MS = 250;

/** Looked up from what it says of itself; what a person or the demo said of it stays. */
function modelAndSlots({ model, slotKind, facts }: DeviceRow, heard: Said) {
  if (model !== undefined) return {};
  const found = identify({ ...heard, manufacturer: facts.manufacturer, model: facts.model });
  return { model: found?.key, slotKind: slotKind === 'unknown' ? found?.slots : undefined };
}

/**
 * Adopting a device. Its row comes first, so that whatever the device hands over while it is being
 * paired is on disk (promise 1); its captures become readings once its identity is known.
 */
export function createAdoption(parts: {
  readonly radio: () => PairingRadio | undefined;
  readonly devices: Devices;
  readonly captures: Captures;
  readonly committer: Committer;
  readonly audit: Audit;
  readonly pipeline: Pipeline;
  readonly clock: Clock;
  readonly keep: Keep;
  /** The radio is not real, hence no device of it: what they measure must never pass for real. */
  readonly simulated?: boolean;
}) {
  const { devices, captures, committer, clock } = parts;

  function insert(options: AdoptOptions): DeviceRow {
    const { address, facts } = options;
    const key = `pending:${address}`;
    return devices.adopt({
      address,
      key,
      name: options.name,
      model: options.model,
      facts: { key, address, regulated: 'unknown', hasClock: false, ...facts },
      slotKind: options.slotKind ?? 'unknown',
      simulated: options.simulated ?? parts.simulated ?? false,
      adoptedAt: clock.trusted() ? clock.now() : ADOPTED_UNDATED,
    });
  }

  /** Fixes the device key from what the device said of itself; the waiting captures become readings. */
  function settle(id: string, address: string, heard: Said = {}): DeviceRow {
    const device = devices.byId(id);
    if (!device)
      throw new CodedError('device-unknown', 'There is no such device', 'Pair it again.');
    const known = isPending(device.key) ? undefined : device.key;
    const key = known ?? deviceKey({ ...device.facts, address }) ?? `eui48:${address}`;
    const model = modelAndSlots(device, heard);
    devices.identify(id, { address, key, facts: { ...device.facts, key, address }, ...model });
    for (const capture of captures.underived(id)) parts.pipeline.take(capture);
    return devices.find(id);
  }

  /** Chosen again under a private address, it turned out to be one of the household: what came is that one's. */
  function join(pending: string, same: DeviceRow, heard: Said): DeviceRow {
    captures.handOver(pending, same.id);
    devices.remove(pending);
    return settle(same.id, same.address, heard);
  }

  /** For the trail, in the commit that did it. */
  function note(actor: string, action: 'device-adopted' | 'device-removed', { id }: DeviceRow) {
    parts.audit.append({ at: clock.now(), actor, action, detail: { device: id } });
  }

  return {
    adopted: (): AdoptedDevice[] =>
      devices
        .list()
        .filter((device) => !isPending(device.key))
        .map(({ address, model }) => (model === undefined ? { address } : { address, model })),

    /** What the radio hears, with its model where that is certain already. */
    seen: (): Recognised[] => (parts.radio()?.seen() ?? []).map(recognised),

    /** Without a radio: a device whose identity is known already, as in the demo. */
    adopt: (actor: string, options: AdoptOptions) =>
      committer.commit(() => {
        const device = settle(insert(options).id, options.address);
        note(actor, 'device-adopted', device);
        return device;
      }),

    /** Bonds with a peripheral that a person chose, and adopts it. */
    async pair(
      actor: string,
      options: AdoptOptions,
      signal: AbortSignal,
      person: {
        readonly dialog?: PairingDialog;
        readonly onStep?: (step: string) => void;
      } = {},
    ): Promise<DeviceRow> {
      const { dialog, onStep = noStep } = person;
      const radio = parts.radio();
      if (!radio)
        throw new CodedError(
          'radio-off',
          'Bluetooth is switched off in the configuration',
          'Set home.bluetooth.backend.',
        );
      const known = devices.byAddress(options.address);
      const device = known ?? (await committer.commit(() => insert(options)));
      // Bonding may tell another address, its identity: what comes under it is the same device's.
      const keep: Keep = (capture) => {
        const { address = options.address } = devices.byId(device.id) ?? {};
        return parts.keep({ ...capture, peripheral: address });
      };
      try {
        const seen = radio.seen().find((one) => one.address === options.address);
        const { address, services } = await radio.pair(
          options.address,
          keep,
          onStep,
          signal,
          dialog,
        );
        const heard = { name: seen?.name, product: seen?.product, services };
        return await committer.commit(() => {
          const same = devices.byAddress(address);
          const settled =
            same && same.id !== device.id
              ? join(device.id, same, heard)
              : isPending(device.key)
                ? settle(device.id, address, heard)
                : device;
          note(actor, 'device-adopted', device);
          return settled;
        });
      } catch (error) {
        // What it handed over before it failed waits for the next try: the device may have deleted it.
        if (!known && captures.underived(device.id).length === 0) {
          await committer.commit(() => devices.remove(device.id));
        }
        const code = codeOf(error);
        throw new CodedError(
          code,
          'The device was not paired',
          ADVICE[code] ?? 'Try again; see `iomt doctor`.',
          error,
        );
      }
    },

    /** The place in the journal from which a device's first record counts. */
    mark: () => captures.lastId(),

    /** True once a measurement of the device has come after a mark; false when the signal aborts first. */
    async firstRecord(device: string, since: number, signal: AbortSignal): Promise<boolean> {
      while (!captures.hasMeasured(device, since)) {
        if (signal.aborted) return false;
        await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
      }
      return true;
    },

    async unpair(actor: string, what: string): Promise<DeviceRow> {
      const device = devices.find(what);
      await parts.radio()?.unpair(device.address);
      return committer.commit(() => {
        devices.remove(device.id);
        note(actor, 'device-removed', device);
        return device;
      });
    },
  };
}

export type Adoption = ReturnType<typeof createAdoption>;
