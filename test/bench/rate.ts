import { freePort } from '../support/free-port.ts';
import type { Family, GateResult, Scale } from './gate.ts';
import { installNodeRed, startNodeRed } from './node-red.ts';
import { startBroker, startReceiver } from './receiver.ts';
import { makeHome, startSubject } from './subject.ts';
import { deliverBurst } from './throughput.ts';

/** Readings before the measuring, for the compilers. */
const WARM = 2_000;

async function run(scale: Scale): Promise<readonly GateResult[]> {
  installNodeRed();
  await using broker = await startBroker();
  await using receiver = await startReceiver(broker.url);
  await using home = makeHome({ type: 'mqtt', url: broker.url }, await freePort());
  await using subject = await startSubject(home);
  await deliverBurst(subject, receiver, WARM);
  await using nodeRed = await startNodeRed(broker.port, receiver.sample);
  await nodeRed.deliver([...subject.frames(WARM)]);
  const values: number[] = [];
  const notes: string[] = [];
  for (let round = 0; round < scale.rounds; round += 1) {
    const mine = scale.burst / (await deliverBurst(subject, receiver, scale.burst));
    const theirs = scale.burst / (await nodeRed.deliver([...subject.frames(scale.burst)]));
    values.push(mine / theirs);
    notes.push([mine, theirs].map((perMs) => (perMs * 1_000).toFixed(0)).join('/'));
  }
  const note = `readings/s, gateway/Node-RED: ${notes.join(' ')}`;
  return [{ name: 'durable delivered readings/s / Node-RED', goal: '>= 1.0', values, note }];
}

/** Delivered readings a second, receipts stored, beside Node-RED, which keeps and checks nothing. */
export const nodeRed: Family = { name: 'node-red', run };
