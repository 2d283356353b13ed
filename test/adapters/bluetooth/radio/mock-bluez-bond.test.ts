import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { busError } from './fake-bluetoothd.ts';
import { hasDbusDaemon } from './mock-bluez-bus.ts';
import { DEVICE, ID, openWorld, virtualTime, type World } from './mock-bluez-world.ts';

let world: World;
let path: string;

beforeEach(async () => {
  world = await openWorld();
  await world.up();
  ({ path } = await world.cuff({ Paired: true, Bonded: true }));
});
afterEach(() => {
  world.daemon.answers.clear();
  return world[Symbol.asyncDispose]();
});

const signal = () => new AbortController().signal;
const asked = (member: string) => world.daemon.calls.filter((one) => one === member).length;
const refusal = (name: string, message: string) => () => {
  throw Object.assign(new Error(message), { dbusName: `org.bluez.Error.${name}` });
};

/** The link is there and gone before anything can be asked, as of a device without the key. */
const dropped = () => {
  world.daemon.changed(path, DEVICE, { Connected: true });
  world.daemon.changed(path, DEVICE, { Connected: false });
  throw busError('org.bluez.Error.Failed');
};

describe.skipIf(!hasDbusDaemon())('a bond that the device has forgotten', () => {
  test('shows at a request that is refused for want of a key', async () => {
    const link = await world.radio.connect(ID, signal());
    await link.services();
    world.daemon.answers.set('ReadValue', refusal('NotPermitted', 'Not paired'));
    const lost = { code: 'radio-gatt-refused', detail: 'radio-bond-lost' };
    await expect(link.read('180a', '2a24')).rejects.toMatchObject(lost);
    world.daemon.answers.set('StartNotify', refusal('NotPermitted', 'Not paired'));
    const asking = link.subscribe('1810', '2a35');
    await expect(asking).rejects.toMatchObject(lost);
  });

  test('shows when bluetoothd says why the connection ended', async () => {
    world.daemon.answers.set('Connect', () => {
      world.daemon.changed(path, DEVICE, { Connected: true });
      world.daemon.ended(path, 'org.bluez.Reason.Authentication');
      world.daemon.changed(path, DEVICE, { Connected: false });
      throw busError('org.bluez.Error.Failed');
    });
    const connecting = world.radio.connect(ID, signal());
    await expect(connecting).rejects.toMatchObject({ code: 'radio-bond-lost' });
  });

  test('shows when the link is there and gone, again and again; once is radio trouble', async () => {
    virtualTime();
    world.daemon.answers.set('Connect', dropped);
    const codes: string[] = [];
    for (let n = 0; n < 3; n += 1) {
      const failed = world.radio.connect(ID, signal()).catch(({ code }) => codes.push(code));
      await world.pass(3_000);
      await failed;
    }
    expect(codes[0]).not.toBe('radio-bond-lost');
    expect(codes.at(-1)).toBe('radio-bond-lost');
  });

  test('is not taken away by connecting', async () => {
    virtualTime();
    world.daemon.answers.set('Connect', dropped);
    for (let n = 0; n < 5; n += 1) {
      const failed = world.radio.connect(ID, signal()).catch(() => undefined);
      await world.pass(3_000);
      await failed;
    }
    expect(asked('RemoveDevice')).toBe(0);
  });
});

describe.skipIf(!hasDbusDaemon())('a bond that works', () => {
  test.each([
    ['NotPermitted', 'Read not permitted'],
    ['NotAuthorized', 'Insufficient authorization'],
    ['Failed', 'Operation failed with ATT error: 0x80'],
    ['InProgress', 'In Progress'],
  ])('is not said to be lost for %s: %s', async (name, message) => {
    const link = await world.radio.connect(ID, signal());
    await link.services();
    world.daemon.answers.set('ReadValue', refusal(name, message));
    const refused = { code: 'radio-gatt-refused', detail: `org.bluez.Error.${name}` };
    await expect(link.read('180a', '2a24')).rejects.toMatchObject(refused);
    expect(await world.radio.isBonded(ID)).toBe(true);
  });

  test('is not said to be lost for a device out of reach, however often', async () => {
    virtualTime();
    const message = 'le-connection-abort-by-local';
    world.daemon.answers.set('Connect', refusal('Failed', message));
    for (let n = 0; n < 6; n += 1) {
      const failed = expect(world.radio.connect(ID, signal())).rejects.toMatchObject({
        code: 'radio-connect-failed',
      });
      await world.pass(3_000);
      await failed;
    }
  });

  test('is not said to be lost for one that hangs up when it has handed over', async () => {
    for (let n = 0; n < 5; n += 1) {
      const link = await world.radio.connect(ID, signal());
      const ended = new Promise<void>((resolve) => link.onDisconnect(resolve));
      world.daemon.changed(path, DEVICE, { Connected: false });
      await ended;
    }
    expect(await world.radio.isBonded(ID)).toBe(true);
  });

  test('of a device that is not bonded nothing is lost', async () => {
    world.daemon.changed(path, DEVICE, { Paired: false, Bonded: false });
    const link = await world.radio.connect(ID, signal());
    await link.services();
    world.daemon.answers.set('ReadValue', refusal('NotPermitted', 'Not paired'));
    const refused = { code: 'radio-gatt-refused', detail: 'org.bluez.Error.NotPermitted' };
    await expect(link.read('180a', '2a24')).rejects.toMatchObject(refused);
  });
});
