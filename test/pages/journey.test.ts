import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { choosePin, looking, newPages, PIN, run, SIZES, title, typeCode } from './citizen.ts';
import { chooseCuff, shownCode } from './cuff.ts';
import { type Hand, keyboard, mouse } from './hands.ts';
import { sampled } from './running-demo.ts';

/** All of it, once through, by one person on one machine, on a household that nobody used before. */

const WAYS = {
  'phone without JavaScript': { size: 'phone', hand: mouse, javaScriptEnabled: false },
  'phone by mouse': { size: 'phone', hand: mouse, javaScriptEnabled: true },
  'tablet by mouse': { size: 'tablet', hand: mouse, javaScriptEnabled: true },
  'desktop by keyboard alone': { size: 'desktop', hand: keyboard, javaScriptEnabled: true },
} as const;

const yesterday = () => new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);

for (const [way, { size, hand, javaScriptEnabled }] of sampled(WAYS)) {
  run(`the whole way, on a ${way}`, async () => {
    const pages = await newPages(4);
    onTestFinished(() => pages.stop());
    const { demo } = pages;
    // A household begins with nothing shared; the demo's begins with something.
    const shared: { permission: { id: string } }[] = JSON.parse(
      await demo.iomt('consents', 'list', '--json'),
    );
    for (const { permission } of shared) await demo.iomt('consents', 'withdraw', permission.id);
    const { page, complaints } = await pages.newBrowser({ ...SIZES[size], javaScriptEnabled });
    const { findings, see } = looking(page, `journey-${size}`, javaScriptEnabled);

    await typeCode(page, demo);
    await choosePin(page);
    await title(page, 'Målingene mine');
    await pairTheCuff(page, hand);
    await shareTheScale(page, hand);
    await share(page, hand);
    await see('shared');
    await isReceived(page, hand);
    await see('received');
    await withdraw(page, hand);
    await see('withdrawn');
    await answer(page, hand);
    await see('answered');
    await save(page, hand);
    await wipe(page, hand);
    await see('wiped');
    expect(findings).toEqual([]);
    expect(complaints).toEqual([]);
  });
}

async function pairTheCuff(page: Page, hand: Hand): Promise<void> {
  await chooseCuff(page, hand, async () => undefined);
  await hand.press(page, 'button', 'Par nå');
  await page.getByLabel('Kode på seks sifre').fill(await shownCode(page));
  await hand.press(page, 'button', 'Send koden');
  await title(page, 'Hvem sitt er apparatet?');
  await hand.choose(page, /Bare mitt/);
  await hand.press(page, 'button', 'Neste');
  await title(page, 'Klar til bruk: Blodtrykksmåler');
}

async function shareTheScale(page: Page, hand: Hand): Promise<void> {
  await hand.press(page, 'link', 'Apparater');
  await title(page, 'Apparater');
  const scale = page.getByRole('listitem').filter({ hasText: 'Karis badevekt' });
  await hand.pressIt(page, scale.getByRole('link', { name: 'Endre eller fjerne' }));
  await hand.press(page, 'link', 'Endre hvem sitt det er');
  await title(page, 'Hvem sitt er Karis badevekt?');
  await hand.choose(page, /Flere av oss bruker det/);
  await hand.press(page, 'button', 'Neste');
  await page.getByText('Det er lagret hvem sitt apparatet er.').waitFor();
  // It has no users of its own: nobody can know who stood on it.
  await page.getByText('Dere blir spurt hver gang hvem som ble målt.').waitFor();
}

async function share(page: Page, hand: Hand): Promise<void> {
  await hand.press(page, 'link', 'Hva jeg deler');
  await page.getByText('Ser ingenting nå.').waitFor();
  await hand.press(page, 'link', /^Del målinger/);
  await hand.choose(page, 'Blodtrykk med puls');
  await hand.choose(page, 'Også det som er målt siden');
  await page.getByLabel('Siden denne dagen').fill(yesterday());
  await hand.press(page, 'button', 'Se over');
  await title(page, 'Er dette riktig?');
  await hand.press(page, 'button', 'Ja, del dette');
  await title(page, 'Kvittering');
}

/** The first reading goes, is received, and its way says so. */
async function isReceived(page: Page, hand: Hand): Promise<void> {
  await hand.press(page, 'link', 'Målingene mine');
  await title(page, 'Målingene mine');
  await hand.press(page, 'link', 'Kurve og liste Blodtrykk');
  await title(page, 'Blodtrykk');
  await hand.pressIt(page, page.locator('.reading-row').first());
  await page.getByRole('heading', { name: 'Hva som har skjedd med den' }).waitFor();
  const way = page.locator('ol.way');
  await expect
    .poll(
      async () => {
        await page.reload();
        return way.textContent();
      },
      { timeout: 120_000, interval: 1_000 },
    )
    .toMatch(/Målt .*Lagret her .*Mottatt av Eksempel kommune/s);
}

async function withdraw(page: Page, hand: Hand): Promise<void> {
  await hand.press(page, 'link', 'Hva jeg deler');
  await hand.press(page, 'link', /^Slutt å dele/);
  await title(page, /^Slutt å dele med/);
  await hand.press(page, 'button', 'Ja, slutt å dele');
  await title(page, 'Kvittering');
  await page.getByText('Delingen ble stoppet').first().waitFor();
}

/** A held reading is a question; answered, it is one's own. */
async function answer(page: Page, hand: Hand): Promise<void> {
  const question = page.getByRole('heading', { name: 'Hvem sin måling er dette?' });
  await hand.press(page, 'link', /^Spørsmål/);
  await title(page, 'Spørsmål');
  const isAsked = async () => {
    await page.reload();
    return question.count();
  };
  await expect.poll(isAsked, { timeout: 240_000, interval: 1_000 }).toBeGreaterThan(0);
  await hand.press(page, 'button', /^Min/);
  await page.getByText('Målingen er lagt til dine').waitFor();
}

async function save(page: Page, hand: Hand): Promise<void> {
  await hand.press(page, 'link', 'Målingene mine');
  await title(page, 'Målingene mine');
  await hand.press(page, 'link', 'Skriv ut og lagre');
  await title(page, 'Skriv ut og lagre');
  const file = page.locator('a[href="/files/readings.ndjson"]');
  const [download] = await Promise.all([page.waitForEvent('download'), hand.pressIt(page, file)]);
  const lines = readFileSync(await download.path(), 'utf8')
    .trim()
    .split('\n');
  const types = lines.map((line) => JSON.parse(line).resourceType);
  expect(types).toContain('Observation');
}

async function wipe(page: Page, hand: Hand): Promise<void> {
  await hand.press(page, 'link', 'Meg');
  await title(page, 'Meg');
  await hand.press(page, 'link', 'Slett alt om meg');
  await title(page, 'Slett alt om meg');
  await page.locator('#pin').fill(PIN);
  await hand.press(page, 'button', 'Slett alt om meg');
  await title(page, 'Alt om deg er slettet');
}
