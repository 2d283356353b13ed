import { createClient, type MessageBus } from 'dbus-native';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AGENT_INTERFACE, AGENT_PATH } from '../../../../adapters/bluetooth/radio/agent1.ts';
import type { PairingDialog } from '../../../../adapters/bluetooth/radio/bindings.ts';
import { busError } from './fake-bluetoothd.ts';
import { hasDbusDaemon } from './mock-bluez-bus.ts';
import { ID, never, openWorld, virtualTime, type World } from './mock-bluez-world.ts';

let world: World;
let path: string;
let shown: [string, number][];

beforeEach(async () => {
  world = await openWorld();
  await world.up();
  ({ path } = await world.cuff());
  shown = [];
});
afterEach(() => {
  world.daemon.answers.clear();
  return world[Symbol.asyncDispose]();
});

const signal = () => new AbortController().signal;
const asked = (member: string) => world.daemon.calls.filter((one) => one === member).length;
const REJECTED = 'org.bluez.Error.Rejected';
const CANCELED = 'org.bluez.Error.Canceled';

/** A person who reads six digits off the device, and nods. */
const person = (more: Partial<PairingDialog> = {}): PairingDialog => ({
  enterPasskey: () => Promise.resolve(7),
  showPasskey: (passkey, entered) => void shown.push([passkey, entered]),
  confirmPasskey: () => Promise.resolve(true),
  ...more,
});

/** What bluetoothd gets for a question: the answer, or the name of the refusal. */
const answered = (member: string, ...args: unknown[]) =>
  world.daemon.askAgent(member, ...args).then(
    (value) => value ?? 'allowed',
    (error: { dbusName: string }) => error.dbusName,
  );

const EVERYTHING: [member: string, ...args: unknown[]][] = [
  ['RequestPasskey'],
  ['DisplayPasskey', 7, 0],
  ['RequestConfirmation', 7],
  ['RequestAuthorization'],
  ['AuthorizeService', '00001810-0000-1000-8000-00805f9b34fb'],
  ['RequestPinCode'],
  ['DisplayPinCode', '0000'],
];

describe.skipIf(!hasDbusDaemon())('the agent', () => {
  test('rejects everything while nobody pairs, before and after a pairing', async () => {
    const all = async () => {
      for (const [member, ...args] of EVERYTHING) {
        expect(`${member}: ${await answered(member, path, ...args)}`).toBe(
          `${member}: ${REJECTED}`,
        );
      }
    };
    await all();
    await world.radio.pair(ID, signal(), person());
    await all();
    world.daemon.answers.set('Pair', () => {
      throw busError('org.bluez.Error.AuthenticationFailed');
    });
    const failed = world.radio.pair(ID, signal(), person());
    await expect(failed).rejects.toMatchObject({ code: 'radio-pairing-failed' });
    await all();
    expect(shown).toEqual([]);
  });

  test('rejects everything for another device while one is being paired', async () => {
    const other = world.daemon.device('00:00:5E:00:53:12');
    const answers: unknown[] = [];
    world.daemon.answers.set('Pair', async () => {
      for (const [member, ...args] of EVERYTHING) {
        answers.push(await answered(member, other, ...args));
      }
    });
    await world.radio.pair(ID, signal(), person());
    expect(new Set(answers)).toEqual(new Set([REJECTED]));
    expect(shown).toEqual([]);
  });

  test('answers with the person who pairs: passkey, display with progress, comparison', async () => {
    const answers: unknown[] = [];
    world.daemon.answers.set('Pair', async () => {
      answers.push(await answered('RequestPasskey', path));
      answers.push(await answered('DisplayPasskey', path, 42, 0));
      answers.push(await answered('DisplayPasskey', path, 42, 1));
      answers.push(await answered('RequestConfirmation', path, 7));
      answers.push(await answered('RequestAuthorization', path));
      answers.push(await answered('RequestPinCode', path));
    });
    const compared: string[] = [];
    const confirmPasskey = (passkey: string) => {
      compared.push(passkey);
      return Promise.resolve(true);
    };
    await world.radio.pair(ID, signal(), person({ confirmPasskey }));
    expect(answers).toEqual([7, 'allowed', 'allowed', 'allowed', 'allowed', REJECTED]);
    expect(shown).toEqual([
      ['000042', 0],
      ['000042', 1],
    ]);
    expect(compared).toEqual(['000007']);
  });

  test('rejects a comparison that the person denies, and a code that is none', async () => {
    const answers: unknown[] = [];
    world.daemon.answers.set('Pair', async () => {
      answers.push(await answered('RequestConfirmation', path, 7));
      answers.push(await answered('RequestPasskey', path));
    });
    const confirmPasskey = () => Promise.resolve(false);
    const enterPasskey = () => Promise.resolve(1_000_000);
    await world.radio.pair(ID, signal(), person({ confirmPasskey, enterPasskey }));
    expect(answers).toEqual([REJECTED, REJECTED]);
  });

  test('ends its question when bluetoothd takes it back, and when the person gives up', async () => {
    const signals: AbortSignal[] = [];
    const enterPasskey = (until: AbortSignal) => {
      signals.push(until);
      return never();
    };
    const answers: unknown[] = [];
    world.daemon.answers.set('Pair', async () => {
      const first = answered('RequestPasskey', path);
      await expect.poll(() => signals.length).toBe(1);
      await world.daemon.askAgent('Cancel');
      answers.push(await first);
      answers.push(await answered('RequestPasskey', path));
      throw busError('org.bluez.Error.AuthenticationCanceled');
    });
    const abort = new AbortController();
    const pairing = world.radio.pair(ID, abort.signal, person({ enterPasskey }));
    const ended = expect(pairing).rejects.toMatchObject({ code: 'radio-aborted' });
    await expect.poll(() => signals.length).toBe(2);
    expect(signals[0]?.aborted).toBe(true);
    world.daemon.answers.set('CancelPairing', () => world.daemon.askAgent('Cancel'));
    abort.abort();
    await ended;
    expect(answers).toEqual([CANCELED, CANCELED]);
    expect(signals[1]?.aborted).toBe(true);
  });

  test('answers nobody but bluetoothd', async () => {
    const stranger: MessageBus = createClient({ busAddress: world.bus.address });
    const answers: unknown[] = [];
    const ask = async (member: string, signature: string, ...body: unknown[]) =>
      await Promise.resolve(
        stranger.invoke({
          destination: world.daemon.agent,
          path: AGENT_PATH,
          interface: AGENT_INTERFACE,
          member,
          ...(signature ? { signature, body } : {}),
        }),
      ).catch(({ dbusName }: { dbusName?: string }) => dbusName);
    let cancelled = false;
    const enterPasskey = async (until: AbortSignal) => {
      await ask('Cancel', '');
      cancelled = until.aborted;
      return 7;
    };
    world.daemon.answers.set('Pair', async () => {
      answers.push(await ask('RequestPasskey', 'o', path));
      answers.push(await ask('RequestConfirmation', 'ou', path, 7));
      answers.push(await ask('RequestAuthorization', 'o', path));
      answers.push(await ask('DisplayPasskey', 'ouq', path, 7, 0));
      answers.push(await answered('RequestPasskey', path));
    });
    await world.radio.pair(ID, signal(), person({ enterPasskey }));
    await stranger.close();
    expect(answers).toEqual([REJECTED, REJECTED, REJECTED, REJECTED, 7]);
    expect(cancelled).toBe(false);
    expect(shown).toEqual([]);
  });
});

describe.skipIf(!hasDbusDaemon())('Pair', () => {
  test('never answered: ends in time, is cancelled, and a retry costs nothing', async () => {
    world.daemon.answers.set('Pair', never);
    virtualTime();
    const failed = expect(world.radio.pair(ID, signal(), person())).rejects.toMatchObject({
      code: 'radio-pairing-failed',
    });
    await world.pass(60_500);
    await failed;
    await expect.poll(() => asked('CancelPairing')).toBe(1);
    world.daemon.answers.clear();
    expect(await world.radio.pair(ID, signal(), person())).toBe(ID);
  });

  test('given up while it is asked, though bluetoothd says nothing: ends, and the next one works', async () => {
    world.daemon.answers.set('Pair', never);
    world.daemon.answers.set('CancelPairing', never);
    virtualTime();
    const abort = new AbortController();
    const ended = expect(world.radio.pair(ID, abort.signal, person())).rejects.toMatchObject({
      code: 'radio-aborted',
    });
    await world.pass(1_000);
    expect(asked('Pair')).toBe(1);
    abort.abort();
    await world.pass(15_000);
    await ended;
    world.daemon.answers.clear();
    expect(await world.radio.pair(ID, signal(), person())).toBe(ID);
  });

  test('bluetoothd vanishes meanwhile: ends, and a question is over', async () => {
    let question: AbortSignal | undefined;
    const enterPasskey = (until: AbortSignal) => {
      question = until;
      return never();
    };
    world.daemon.answers.set('Pair', () => answered('RequestPasskey', path));
    const ended = expect(
      world.radio.pair(ID, signal(), person({ enterPasskey })),
    ).rejects.toMatchObject({ code: 'radio-pairing-failed' });
    await expect.poll(() => question !== undefined).toBe(true);
    world.daemon.vanish();
    await ended;
    expect(question?.aborted).toBe(true);
  });

  test('a bond that is there already is kept and counts', async () => {
    world.daemon.answers.set('Pair', () => {
      throw busError('org.bluez.Error.AlreadyExists');
    });
    await world.radio.pair(ID, signal(), person());
    expect(asked('RemoveDevice')).toBe(0);
    expect(asked('CancelPairing')).toBe(0);
  });
});
