import type { Note } from '../../adapter.ts';
import { decodeGatt } from '../gatt/index.ts';
import { identify } from '../models/index.ts';
import { DEVICE_INFORMATION } from '../procedures/health-services.ts';
import type { BleLink } from '../radio/radio.ts';
import { RadioError } from '../radio/radio-error.ts';
import { offersOwnService, procedureFor } from './index.ts';
import type { Procedure, ProcedureDone } from './procedure.ts';

const MODEL_NUMBER = '2a24';
const MANUFACTURER = '2a29';

export interface OwnVisit {
  readonly link: BleLink;
  /** Of an adopted device whose model is known. Else it is asked what it says of itself. */
  readonly model: string | undefined;
  readonly name: string | undefined;
  /** It hears what is its own from now on. */
  readonly onBegin: (procedure: Procedure) => void;
  readonly take: (service: string, characteristic: string, bytes: Uint8Array) => void;
  readonly signal: AbortSignal;
  readonly note: Note;
}

/**
 * Visits a device in its maker's own way where its model has one; undefined where it has none.
 * `refused` when the device wants a bond first. Rejects as the link does.
 */
export async function visitInOwnWay(own: OwnVisit): Promise<ProcedureDone | 'refused' | undefined> {
  try {
    const procedure = procedureFor(own.model) ?? (await procedureByInformation(own));
    if (!procedure || (await offers(own, procedure.yieldsTo))) return undefined;
    own.onBegin(procedure);
    return await procedure.visit(own);
  } catch (error) {
    if (error instanceof RadioError && error.code === 'radio-gatt-refused') return 'refused';
    // The same model with the standard service only: what that gives has been asked for.
    if (error instanceof RadioError && error.code === 'radio-not-found') return undefined;
    throw error;
  }
}

const offers = async ({ link, signal }: OwnVisit, service: string | undefined): Promise<boolean> =>
  service !== undefined && (await link.services(signal)).some(({ uuid }) => uuid === service);

/** While it is being paired: its advertisement may not tell its model, and its model number does. */
async function procedureByInformation(own: OwnVisit): Promise<Procedure | undefined> {
  if (own.model !== undefined) return undefined;
  const { link, name, signal } = own;
  const services = await link.services(signal);
  const offered = services.map(({ uuid }) => uuid);
  if (!offersOwnService(offered)) return undefined;
  const byName = procedureFor(identify({ name, services: offered })?.key);
  if (byName) return byName;
  const { service } = DEVICE_INFORMATION;
  const place = services.find(({ uuid }) => uuid === service);
  const text = async (uuid: string): Promise<string | undefined> => {
    if (!place?.characteristics.some((one) => one.uuid === uuid)) return undefined;
    const decoded = decodeGatt(uuid, await link.read(service, uuid, signal));
    const told = decoded.ok && 'fields' in decoded ? decoded.fields.text : undefined;
    return typeof told === 'string' ? told : undefined;
  };
  const said = { name, services: offered, model: await text(MODEL_NUMBER) };
  return procedureFor(identify({ ...said, manufacturer: await text(MANUFACTURER) })?.key);
}
