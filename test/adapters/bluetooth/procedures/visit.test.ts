import { expect, test } from 'vitest';
import { openVisit } from '../../../../adapters/bluetooth/procedures/visit.ts';
import type { BleLink } from '../../../../adapters/bluetooth/radio/radio.ts';
import { RadioError } from '../../../../adapters/bluetooth/radio/radio-error.ts';

/** An oximeter with a spot-check and a continuous measurement; `refused` tells why each is. */
function open(refused: Readonly<Record<string, string>>) {
  const characteristics = ['2a5e', '2a5f'].map((uuid) => ({ uuid, properties: ['indicate'] }));
  const link = {
    address: '00005e005311',
    services: async () => [{ uuid: '1822', characteristics }],
    async subscribe(_service: string, characteristic: string) {
      const why = refused[characteristic];
      if (why !== undefined) throw new RadioError('radio-gatt-refused', why);
    },
  } as Partial<BleLink> as BleLink;
  return openVisit({
    link,
    information: false,
    take: () => undefined,
    signal: new AbortController().signal,
    note: () => undefined,
  });
}

test('a device that hands over nothing for want of a key has lost its bond', async () => {
  await expect(
    open({ '2a5e': 'radio-bond-lost', '2a5f': 'radio-bond-lost' }),
  ).rejects.toMatchObject({ code: 'radio-bond-lost' });
});

test('one that hands over something all the same is not given up', async () => {
  expect(await open({ '2a5e': 'radio-bond-lost' })).toMatchObject({ subscribed: 1, refused: 1 });
});

test('another refusal says nothing of keys', async () => {
  const why = 'org.bluez.Error.NotSupported';
  expect(await open({ '2a5e': why, '2a5f': why })).toMatchObject({ subscribed: 0, refused: 2 });
});
