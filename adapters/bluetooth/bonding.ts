import type { Note } from '../adapter.ts';
import { identify, modelOf } from './models/index.ts';
import { asksForBond } from './procedures/health-services.ts';
import type { VisitOpened } from './procedures/visit.ts';
import type { PairingDialog } from './radio/bindings.ts';
import type { Advertisement, Radio } from './radio/radio.ts';
import { RadioError, type RadioErrorCode } from './radio/radio-error.ts';
import { untilHeard } from './until-heard.ts';

/** Some bond, hang up, and come back with their first measurement: as long as that may take. */
const AGAIN_WAIT_MS = 240_000;
/** A link that is not made, or lost while keys are exchanged, says nothing against the bond. */
const LOST_LINK: ReadonlySet<RadioErrorCode> = new Set([
  'radio-connect-failed',
  'radio-disconnected',
]);
/** The device, or this radio, will not; it may hand over without. */
const NO_BOND: ReadonlySet<RadioErrorCode> = new Set([
  'radio-pairing-failed',
  'radio-pairing-unsupported',
]);
/** Some hang up whenever a bond is asked of them: after so many they are tried without. */
const BOND_TRIES_MAX = 3;
/** A bonded device that ends a connection so is waited for. */
const COMES_BACK: ReadonlySet<RadioErrorCode> = new Set([
  'radio-connect-failed',
  'radio-disconnected',
  'radio-not-heard',
  'radio-timeout',
]);

export interface BondingDeps {
  readonly radio: Radio;
  /** Key of the device's model, where it is known already. */
  readonly model: string | undefined;
  readonly onProgress: (step: 'waiting' | 'bonding' | 'connecting') => void;
  readonly begin: (address: string) => Promise<VisitOpened>;
  readonly endVisit: (address: string) => Promise<void>;
  readonly signal: AbortSignal;
  readonly dialog: PairingDialog | undefined;
  readonly note: Note;
}

/**
 * Bonds with a device that is heard and opens a visit. Bonds first where its model asks for that,
 * or, of an unknown model, its service; else only when it refuses without. A model that has no bond
 * is never asked for one. A bond that is there is used, and renewed only when the device has
 * forgotten it; one that was made is kept whatever comes after. A link that is lost meanwhile is made
 * again when the device is heard again, a few times. Fulfils with the identity address;
 * rejects as the radio does.
 */
export async function bondAndOpen(
  { address, name, services }: Advertisement,
  deps: BondingDeps,
): Promise<{ address: string; services: string[] }> {
  const { radio, onProgress, signal } = deps;
  const model = modelOf(deps.model) ?? identify({ name, services });
  const known = await radio.isBonded(address);
  let identity = address;
  let tried = known;
  let bonded = known;
  let failure: unknown;
  const heardAnew = async () => {
    onProgress('waiting');
    await untilHeard({ radio, address: identity, waitMs: AGAIN_WAIT_MS, signal, anew: true });
  };
  const bond = async (triesLeft = BOND_TRIES_MAX): Promise<void> => {
    tried = true;
    onProgress('bonding');
    try {
      identity = await radio.pair(identity, signal, deps.dialog);
      bonded = true;
    } catch (error) {
      if (!(error instanceof RadioError) || error.code === 'radio-aborted') throw error;
      const { code, detail } = error;
      deps.note('bond-not-made', { code, ...(detail === undefined ? {} : { cause: detail }) });
      if (code === 'radio-not-heard') {
        // Heard too long ago, or let go after the try before: bluetoothd knows it no more.
        await heardAnew();
        await bond(triesLeft);
      } else if (LOST_LINK.has(code) && triesLeft > 1) {
        await heardAnew();
        await bond(triesLeft - 1);
      } else if (LOST_LINK.has(code) || NO_BOND.has(code)) failure = error;
      else throw error;
    }
  };
  const open = async (): Promise<VisitOpened> => {
    onProgress('connecting');
    try {
      return await deps.begin(identity);
    } catch (error) {
      const back = bonded ? is(error, ...COMES_BACK) : is(error, 'radio-not-heard');
      if (!back) throw error;
    }
    await heardAnew();
    return await open();
  };
  try {
    if (!tried && (model ? model.bond !== 'none' : asksForBond(services))) await bond();
    let opened = await open().catch(async (error: unknown) => {
      if (is(error, 'radio-bond-lost')) {
        // The device has no such key any more: ours is of no use, and in the way of a new one.
        await radio.unpair(identity);
        bonded = false;
        await heardAnew();
      } else if (tried || model?.bond === 'none' || !is(error, 'radio-disconnected')) throw error;
      // Else it may have asked for a bond itself, and hung up when it got none.
      await bond();
      return await open();
    });
    if (opened.refused > 0 && !tried && model?.bond !== 'none') {
      await deps.endVisit(identity);
      await bond();
      opened = await open();
    }
    if (opened.refused > 0) throw new RadioError('radio-gatt-refused');
    return { address: identity, services: [...opened.services] };
  } catch (error) {
    await deps.endVisit(identity);
    // Half a bond would be in the way of the next try. One that came about all the same is kept.
    if (!bonded && !(await radio.isBonded(identity))) {
      await radio.unpair(identity).catch(() => undefined);
    }
    throw signal.aborted ? error : (failure ?? error);
  }
}

const is = (error: unknown, ...codes: RadioErrorCode[]) =>
  error instanceof RadioError && codes.includes(error.code);
