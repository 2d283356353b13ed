/**
 * What real devices do that a gateway must live with; each is data of one unit, and they combine.
 * Instants are true ones, milliseconds since 1970 UTC.
 */
export type Quirk =
  /** Its clock is set wrong by this much; negative is slow. */
  | { readonly name: 'clock-offset'; readonly seconds: number }
  /** Nobody set its clock: it counts from 2017-01-01 and says so in the measurement. */
  | { readonly name: 'clock-not-set' }
  /** Its clock gains this much a day; negative loses. */
  | { readonly name: 'clock-drift'; readonly secondsPerDay: number }
  /** Its battery was changed: the clock begins again at 2017-01-01. */
  | { readonly name: 'clock-reset'; readonly at: readonly number[] }
  /** No clock at all: no time in its results, and each is kept only while it advertises. */
  | { readonly name: 'no-clock' }
  /** Whether its clock changes with summer time. Without this it does not, as most do not. */
  | { readonly name: 'summer-time'; readonly changes: boolean }
  /** It never forgets what it handed over and sends its last records again at each connection. */
  | { readonly name: 'resends-everything'; readonly recordsMax: number }
  /** It deletes each result as soon as that was confirmed, whatever becomes of the connection. */
  | { readonly name: 'deletes-after-transfer' }
  /** A cuff that measures no mean pressure and sends NaN. */
  | { readonly name: 'nan-mean' }
  /** Flag bits that the specification reserves are set. */
  | { readonly name: 'reserved-bits' }
  /** Can be reached for 30 s after a measurement, no longer. */
  | { readonly name: 'advertises-briefly' }
  /** Each advertisement is heard so many times. */
  | { readonly name: 'duplicate-advertisements'; readonly copies: number }
  /** Closes the first connection of each time it is awake after so many results. */
  | { readonly name: 'hangs-up'; readonly afterResults: number }
  /** Keeps silent until so many results wait or its owner turns it on, then sends them at once. */
  | { readonly name: 'burst'; readonly records: number }
  /** Forgets its key: what needs encryption is refused until a person pairs it again. */
  | { readonly name: 'bond-lost'; readonly at: readonly number[] }
  /** Carried away and brought back: measures on, unheard. */
  | { readonly name: 'out-of-range'; readonly from: number; readonly to: number }
  /** Falls to its end, when the device stops, until a person changes it: that resets the clock. */
  | {
      readonly name: 'battery-dying';
      readonly emptyAt: number;
      readonly changedAt: number;
    }
  /** Places for results; the oldest is overwritten. */
  | { readonly name: 'small-memory'; readonly records: number }
  /** A person deletes what it has stored. */
  | { readonly name: 'erased'; readonly at: number }
  /** It breaks for good, with what it has stored. */
  | { readonly name: 'breaks'; readonly at: number }
  /** Two users and a button; at times nobody presses it, and the slot is 255. */
  | { readonly name: 'slot-unknown' };

/** The quirk of that name, when the unit has it. */
export function quirkOf<Name extends Quirk['name']>(
  { quirks }: { readonly quirks: readonly Quirk[] },
  name: Name,
) {
  return quirks.find((quirk): quirk is Extract<Quirk, { name: Name }> => quirk.name === name);
}
