import type { DecodeContext } from '../../measurement.ts';
import { A_AND_D } from './a-and-d.ts';
import { ACCU_CHEK } from './accu-chek.ts';
import { BERRY } from './berry.ts';
import { BEURER } from './beurer.ts';
import { CHOICEMMED } from './choicemmed.ts';
import { CONTOUR } from './contour.ts';
import { MEDISANA } from './medisana.ts';
import { MIBEACON } from './mibeacon.ts';
import { MICROLIFE } from './microlife.ts';
import type { DeviceModel, Identity, Said } from './model.ts';
import { NONIN } from './nonin.ts';
import { OMRON } from './omron.ts';
import { POLAR } from './polar.ts';
import { RUUVI } from './ruuvi.ts';
import { SHELLY } from './shelly.ts';
import { WAHOO } from './wahoo.ts';
import { XIAOMI } from './xiaomi.ts';
import { YONKER } from './yonker.ts';

/** Every model that is known, vendor by vendor. */
export const MODELS: readonly DeviceModel[] = [
  ...A_AND_D,
  ...ACCU_CHEK,
  ...BERRY,
  ...BEURER,
  ...CHOICEMMED,
  ...CONTOUR,
  ...MEDISANA,
  ...MIBEACON,
  ...MICROLIFE,
  ...NONIN,
  ...OMRON,
  ...POLAR,
  ...RUUVI,
  ...SHELLY,
  ...WAHOO,
  ...XIAOMI,
  ...YONKER,
];

const BY_KEY: ReadonlyMap<string, DeviceModel> = new Map(MODELS.map((model) => [model.key, model]));

/** The model of a key that was stored with a device; undefined when this version has no such block. */
export const modelOf = (key: string | undefined): DeviceModel | undefined =>
  key === undefined ? undefined : BY_KEY.get(key);

/** What decoders go by of a device's model; of an unknown one that nothing of it is otherwise. */
export function contextOf(model: DeviceModel | undefined): DecodeContext {
  if (!model) return { quirks: [] };
  const { quirks, protocol, measuringRange } = model;
  return {
    quirks,
    ...(protocol === undefined ? {} : { protocol }),
    ...(measuringRange === undefined ? {} : { ranges: measuringRange }),
  };
}

/**
 * The one model that a device says it is. Exact: what fits two models, or contradicts itself, is
 * none, and a device without a model works by the standard services that it offers.
 */
export function identify(said: Said): DeviceModel | undefined {
  const fitting = MODELS.filter(({ identity }) => fits(identity, said));
  const named = MODELS.filter(({ identity }) => says(identity.name, said.name));
  const [only] = fitting;
  if (only === undefined || fitting.length > 1) return undefined;
  return named.length === 0 || named.includes(only) ? only : undefined;
}

/** True, false, or undefined where there is nothing to compare. */
function says(pattern: RegExp | undefined, text: string | undefined): boolean | undefined {
  return pattern === undefined || text === undefined ? undefined : pattern.test(text.trim());
}

function fits(identity: Identity, said: Said): boolean {
  const maker = says(identity.manufacturer, said.manufacturer);
  const number = says(identity.model, said.model);
  const name = says(identity.name, said.name);
  const told = said.services ?? [];
  const strange =
    told.length > 0 &&
    identity.services.length > 0 &&
    !identity.services.some((service) => told.includes(service));
  const product =
    identity.product === undefined || said.product === undefined
      ? undefined
      : identity.product === said.product;
  if (strange || maker === false || number === false || product === false) return false;
  if (product) return true;
  if (number) return identity.manufacturer === undefined || maker === true || name === true;
  return name === true;
}
