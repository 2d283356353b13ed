import { parseArgs } from 'node:util';
import { createRandom } from '../../adapters/simulated/random.ts';
import { fuzzDecoders, TARGETS } from './decoders.ts';
import { fuzzVisits } from './visits.ts';

const HELP = `npm run fuzz -- [--seconds 60] [--seed S]
Every decoder under random and changed bytes, and visits under a disordered radio.
Exit 1 with what makes it fail again; the same seed takes the same way.`;

/** Decoders get most of the time: a visit waits, a decoder does not. */
const TURN_MS = 200;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    help: { type: 'boolean', default: false },
  },
});

async function main(): Promise<number> {
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const seconds = Number(values.seconds);
  if (!Number.isFinite(seconds) || seconds <= 0) {
    console.error(HELP);
    return 2;
  }
  const { seed } = values;
  console.log(`seed ${seed}: ${TARGETS.length} decoders in all their ways, for ${seconds} s`);
  const ends = performance.now() + seconds * 1_000;
  let bytes = 0;
  let visits = 0;
  for (let turn = 0; performance.now() < ends; turn += 1) {
    // Each turn has its own numbers: how long the one before took changes nothing.
    const turnEnds = Math.min(ends, performance.now() + TURN_MS);
    const decoded = fuzzDecoders(
      createRandom('bytes', seed, turn),
      () => performance.now() >= turnEnds,
    );
    bytes += decoded.count;
    if (decoded.fault) return failed(turn, decoded.fault);
    const visited = await fuzzVisits(createRandom('visits', seed, turn));
    visits += visited.count;
    if (visited.fault) return failed(turn, visited.fault);
  }
  console.log(`${bytes} frames decoded, ${visits} visits made: nothing failed`);
  return 0;
}

function failed(turn: number, fault: object): number {
  console.error(JSON.stringify({ seed: values.seed, turn, ...fault }));
  return 1;
}

process.exitCode = await main();
