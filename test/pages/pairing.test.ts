import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { run, SIZES, servedPages, title } from './citizen.ts';
import { chooseCuff, shownCode } from './cuff.ts';
import { type Hand, keyboard, mouse } from './hands.ts';
import { look, sampled } from './running-demo.ts';

const pages = servedPages(1);

/** Screens that are looked at on 320 px in the dark too: all that are laid out differently. */
const NARROW = ['devices', '1-kind', '2-model', '3-prepare', '4-found', '7-done', 'device'];

async function removeCuff(page: Page, hand: Hand, name: string, see: (n: string) => Promise<void>) {
  await page.goto(`${pages.demo.url}/devices`);
  const card = page.getByRole('listitem').filter({ hasText: name });
  await card.getByRole('link', { name: 'Endre eller fjerne' }).click();
  await title(page, name);
  await see('device');
  await hand.press(page, 'link', 'Fjern apparatet');
  await title(page, `Fjerne ${name}?`);
  await see('remove');
  await hand.press(page, 'button', 'Ja, fjern det');
  await title(page, 'Apparater');
  expect(await page.getByRole('listitem').filter({ hasText: name }).count()).toBe(0);
}

const WAYS = {
  'phone, by mouse, with JavaScript': ['phone', mouse, true],
  'desktop, by keyboard, with JavaScript': ['desktop', keyboard, true],
  'phone, by mouse, without JavaScript': ['phone', mouse, false],
} as const;

for (const [way, [size, hand, javaScriptEnabled]] of sampled(WAYS)) {
  const { viewport } = SIZES[size];
  run(`on a ${way}: a cuff with a code is paired, measures, is renamed and removed`, async () => {
    const { page, complaints, close } = await pages.kari({ viewport, javaScriptEnabled });
    const findings: string[] = [];
    const see = async (name: string) => {
      // axe itself is a script.
      if (!javaScriptEnabled) return;
      findings.push(...(await look(page, `pairing-${name}-${size}`)));
      if (size !== 'phone' || !NARROW.includes(name)) return;
      await page.setViewportSize({ width: 320, height: 640 });
      // Without motion: a colour on its way to another is neither.
      await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
      findings.push(...(await look(page, `pairing-${name}-narrow-dark`)));
      await page.emulateMedia({ colorScheme: 'light', reducedMotion: null });
      await page.setViewportSize(viewport);
    };
    await chooseCuff(page, hand, see);

    // A wrong code first: it costs a retry, and nothing else.
    await page.getByLabel('Kode på seks sifre').fill('000 001');
    await hand.press(page, 'button', 'Par nå');
    await title(page, 'Det ble ikke paret');
    await page.getByText('Apparatet sa nei.').waitFor();
    await see('failed');
    await hand.press(page, 'button', 'Prøv på nytt');
    const code = await shownCode(page);
    await see('5-question');
    await page.getByLabel('Kode på seks sifre').fill(code);
    await hand.press(page, 'button', 'Send koden');

    await title(page, 'Hvem sitt er apparatet?');
    // Looking takes longer than the cuff takes to measure: one run looks at either.
    if (hand === keyboard) await see('6-whose');
    await hand.choose(page, /Bare mitt/);
    await hand.press(page, 'button', 'Neste');
    await title(page, /Mål én gang nå|Klar til bruk/);
    if (hand === mouse) await see('6-measure');
    // No press: the page comes to it by itself.
    await title(page, 'Klar til bruk: Blodtrykksmåler');
    expect(await page.locator('main').textContent()).toMatch(
      /Den første målingen er kommet\s*Blodtrykk DEMO\s*\d+\/\d+\smmHg/,
    );
    await see('7-done');
    await page.getByLabel('Navn').fill('Ny måler');
    await hand.press(page, 'button', 'Lagre navnet');
    await title(page, 'Ny måler');
    expect(await page.getByText('Navnet er lagret.').count()).toBe(1);
    expect(await page.locator('main').textContent()).toMatch(/Bare ditt/);
    await see('renamed');

    await removeCuff(page, hand, 'Ny måler', see);
    expect(findings).toEqual([]);
    expect(complaints.filter((text) => !/status of 422/.test(text))).toEqual([]);
    await close();
  });
}
