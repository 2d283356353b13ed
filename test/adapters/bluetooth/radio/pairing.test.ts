import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PairingDialog } from '../../../../adapters/bluetooth/radio/bindings.ts';
import { createBluez } from '../../../../adapters/bluetooth/radio/bluez.ts';
import { ADAPTER_PATH, busError, FakeBluetoothd } from './fake-bluetoothd.ts';

const DEVICE = 'org.bluez.Device1';
const METER = '00:00:5E:00:53:11';
const ID = '00005e005311';
const NO = 'org.bluez.Error.Rejected';
const CANCELED = 'org.bluez.Error.Canceled';

let daemon: FakeBluetoothd;
let bluez: ReturnType<typeof createBluez>;
let heard: string[];
const never = () => new AbortController().signal;

async function up(): Promise<void> {
  heard = [];
  bluez = createBluez({ adapter: 'hci0', note: () => undefined, openBus: daemon.openBus });
  let state = '';
  bluez.bindings.on('stateChange', (now: string) => (state = now));
  bluez.bindings.on('discover', (id: string) => heard.push(id));
  bluez.bindings.init();
  await expect.poll(() => state).toBe('poweredOn');
}

/** A person who says what a test tells, and what was said to them. */
function person(over: Partial<PairingDialog> = {}) {
  const told: string[] = [];
  const dialog: PairingDialog = {
    enterPasskey: async () => 12_345,
    showPasskey: (passkey, entered) => void told.push(`type ${passkey}, ${entered} typed`),
    confirmPasskey: async (passkey) => {
      told.push(`compare ${passkey}`);
      return true;
    },
    ...over,
  };
  return { dialog, told };
}

beforeEach(() => {
  daemon = new FakeBluetoothd();
});
afterEach(() => bluez.bindings.stop());

/** While the device is being paired, bluetoothd asks all of these; fulfils with the answers. */
async function asks(
  questions: readonly (readonly [member: string, args: unknown[], sender?: string])[],
  dialog?: PairingDialog,
): Promise<string[]> {
  const answers: string[] = [];
  daemon.answers.set('Pair', async () => {
    for (const question of questions) answers.push(await daemon.ask(...question));
  });
  await bluez.pairing.pair(ID, never(), dialog);
  return answers;
}

describe('the agent', () => {
  test('rejects whatever nobody asked for', async () => {
    const path = daemon.device(METER);
    await up();
    const passkeys = ['RequestPasskey', 'DisplayPasskey', 'RequestConfirmation'];
    for (const member of [...passkeys, 'RequestAuthorization', 'AuthorizeService']) {
      expect(await daemon.ask(member, [path, 1, 0])).toBe(NO);
    }
  });

  test('answers while pairing, for the chosen device and to bluetoothd only', async () => {
    const path = daemon.device(METER);
    const other = daemon.device('00:00:5E:00:53:12');
    await up();
    const { dialog, told } = person();
    const answers = await asks(
      [
        ['RequestPasskey', [other]],
        ['RequestPasskey', [path], ':1.66'],
        ['RequestConfirmation', [other, 1]],
        ['DisplayPasskey', [other, 1, 0]],
        ['RequestPinCode', [path]],
        ['RequestAuthorization', [other]],
        ['RequestAuthorization', [path]],
      ],
      dialog,
    );
    expect(answers).toEqual([NO, NO, NO, NO, NO, NO, 'allowed']);
    expect(told).toEqual([]);
    expect(await daemon.ask('RequestPasskey', [path])).toBe(NO);
    expect(daemon.calls.slice(-2)).toEqual(['Pair', 'Set']);
  });

  test('passkey entry: the digits that the device shows, leading zeros with them', async () => {
    const path = daemon.device(METER);
    await up();
    expect(await asks([['RequestPasskey', [path]]], person().dialog)).toEqual(['12345']);
  });

  test('passkey display: six digits to type on the device, and how many it has', async () => {
    const path = daemon.device(METER);
    await up();
    const { dialog, told } = person();
    await asks(
      [
        ['DisplayPasskey', [path, 42, 0]],
        ['DisplayPasskey', [path, 42, 3]],
      ],
      dialog,
    );
    expect(told).toEqual(['type 000042, 0 typed', 'type 000042, 3 typed']);
  });

  test('numeric comparison: allowed when the person says that both are the same', async () => {
    const path = daemon.device(METER);
    await up();
    const { dialog, told } = person();
    expect(await asks([['RequestConfirmation', [path, 4711]]], dialog)).toEqual(['allowed']);
    expect(told).toEqual(['compare 004711']);
    const doubting = person({ confirmPasskey: async () => false }).dialog;
    expect(await asks([['RequestConfirmation', [path, 4711]]], doubting)).toEqual([NO]);
  });

  test('without a person: Just Works only, for nobody could read or type a code', async () => {
    const path = daemon.device(METER);
    await up();
    const answers = await asks([
      ['RequestAuthorization', [path]],
      ['RequestPasskey', [path]],
      ['DisplayPasskey', [path, 1, 0]],
      ['RequestConfirmation', [path, 1]],
    ]);
    expect(answers).toEqual(['allowed', NO, NO, NO]);
  });

  test.each([-1, 1_000_000, 1.5, Number.NaN])('a passkey of %s is none', async (passkey) => {
    const path = daemon.device(METER);
    await up();
    const { dialog } = person({ enterPasskey: async () => passkey });
    expect(await asks([['RequestPasskey', [path]]], dialog)).toEqual([NO]);
  });

  test('a question ends when bluetoothd takes it back, which nobody else can', async () => {
    const path = daemon.device(METER);
    await up();
    const ended: string[] = [];
    const { dialog } = person({
      enterPasskey: (signal) => {
        signal.addEventListener('abort', () => ended.push('told'));
        return new Promise(() => undefined);
      },
    });
    let answer: Promise<string> | undefined;
    daemon.answers.set('Pair', async () => {
      answer = daemon.ask('RequestPasskey', [path]);
      await daemon.ask('Cancel', [], ':1.66');
      expect(ended).toEqual([]);
      await daemon.ask('Cancel', []);
      expect(await answer).toBe(CANCELED);
    });
    await bluez.pairing.pair(ID, never(), dialog);
    expect(ended).toEqual(['told']);
  });

  test('a question ends with the window, and one that fails tells bluetoothd no more than that', async () => {
    const path = daemon.device(METER);
    await up();
    let open: Promise<string> | undefined;
    daemon.answers.set('Pair', () => {
      open = daemon.ask('RequestPasskey', [path]);
      throw busError('org.bluez.Error.AuthenticationTimeout');
    });
    const silent = person({ enterPasskey: () => new Promise(() => undefined) }).dialog;
    await expect(bluez.pairing.pair(ID, never(), silent)).rejects.toMatchObject({
      code: 'radio-pairing-failed',
    });
    expect(await open).toBe(CANCELED);
    const failing = person({ enterPasskey: () => Promise.reject(new Error('secret')) }).dialog;
    expect(await asks([['RequestPasskey', [path]]], failing)).toEqual([CANCELED]);
  });

  test('is closed again after a pairing that failed or was cancelled', async () => {
    const path = daemon.device(METER);
    await up();
    daemon.answers.set('Pair', () => {
      throw busError('org.bluez.Error.AuthenticationFailed');
    });
    await expect(bluez.pairing.pair(ID, never())).rejects.toMatchObject({
      code: 'radio-pairing-failed',
      detail: 'org.bluez.Error.AuthenticationFailed',
    });
    for (const [name, code] of [
      ['ConnectionAttemptFailed', 'radio-connect-failed'],
      ['AuthenticationCanceled', 'radio-disconnected'],
    ]) {
      daemon.answers.set('Pair', () => {
        throw busError(`org.bluez.Error.${name}`);
      });
      await expect(bluez.pairing.pair(ID, never())).rejects.toMatchObject({ code });
    }
    const abort = new AbortController();
    daemon.answers.set('Pair', () => {
      abort.abort();
      throw busError('org.bluez.Error.AuthenticationCanceled');
    });
    await expect(bluez.pairing.pair(ID, abort.signal)).rejects.toMatchObject({
      code: 'radio-aborted',
    });
    expect(daemon.calls).toContain('CancelPairing');
    expect(await daemon.ask('RequestAuthorization', [path])).toBe(NO);
  });
});

test('bonds are made while a person pairs only: outside of it the adapter is not pairable', async () => {
  const adapter = daemon.objects[ADAPTER_PATH]?.['org.bluez.Adapter1'] ?? {};
  adapter.Pairable = true;
  const said: unknown[] = [];
  daemon.answers.set('Set', ({ path, body }) => {
    const [of, property, value] = body as [string, string, { value: unknown }];
    if (property === 'Trusted') return;
    said.push(`${property} ${value.value}`);
    daemon.changed(path, of, { [property]: value.value });
  });
  daemon.device(METER);
  await up();
  await expect.poll(() => said).toEqual(['Pairable false']);
  daemon.answers.set('Pair', () => void said.push('Pair'));
  await bluez.pairing.pair(ID, never());
  const window = ['Pairable true', 'Pair', 'Pairable false'];
  expect(said.slice(1)).toEqual(window);
  daemon.answers.set('Pair', () => {
    said.push('Pair');
    throw busError('org.bluez.Error.AuthenticationFailed');
  });
  await expect(bluez.pairing.pair(ID, never())).rejects.toBeDefined();
  expect(said.slice(4)).toEqual(window);
});

describe('pairing', () => {
  test('a device heard under a private address has its identity address afterwards', async () => {
    const path = daemon.device('4A:00:00:00:00:01', { Paired: false });
    await up();
    const identity = { Address: METER, Paired: true, Bonded: true };
    daemon.answers.set('Pair', () => daemon.changed(path, DEVICE, identity));
    await bluez.pairing.pair('4a0000000001', never());
    expect(bluez.pairing.identityOf?.('4a0000000001')).toBe(ID);
    expect(await bluez.pairing.isBonded(ID)).toBe(true);
    expect(heard).toContain(ID);
  });

  test('of a device that is bonded is done already, and its bond is kept', async () => {
    daemon.device(METER, { Paired: true, Bonded: true });
    await up();
    daemon.answers.set('Pair', () => {
      throw busError('org.bluez.Error.AlreadyExists');
    });
    await bluez.pairing.pair(ID, never());
    expect(await bluez.pairing.isBonded(ID)).toBe(true);
    expect(daemon.calls).not.toContain('RemoveDevice');
  });

  test('unpairing what is not there is done already', async () => {
    await up();
    await bluez.pairing.unpair(ID);
    daemon.added(daemon.device(METER));
    daemon.answers.set('RemoveDevice', () => {
      throw busError('org.bluez.Error.DoesNotExist');
    });
    await bluez.pairing.unpair(ID);
    expect(daemon.calls).toContain('RemoveDevice');
  });
});
