import type { Page } from 'playwright-core';
import { title } from './citizen.ts';
import type { Hand } from './hands.ts';

/** What the demo's new cuff shows. */
const SHOWN = /Apparatet viser\s+(\d{3} \d{3})/;

/** From the devices' page to what is heard, and the new cuff chosen. */
export async function chooseCuff(page: Page, hand: Hand, see: (name: string) => Promise<void>) {
  await hand.press(page, 'link', 'Apparater');
  await title(page, 'Apparater');
  await see('devices');
  await hand.press(page, 'link', 'Par et apparat');
  await title(page, 'Hva slags apparat er det?');
  await see('1-kind');
  await hand.press(page, 'link', 'Blodtrykksmåler');
  await title(page, 'Hvilket er det?');
  await see('2-model');
  await hand.press(page, 'link', 'Et annet, eller jeg vet ikke');
  await title(page, 'Gjør apparatet klart');
  await see('3-prepare');
  await hand.press(page, 'link', 'Det er gjort');
  await title(page, 'Hvilket har du i hånden?');
  await page.getByRole('listitem').filter({ hasText: 'Example EX-BP3' }).waitFor();
  await see('4-found');
  await hand.press(page, 'link', /Dette: Example EX-BP3/);
  await title(page, 'Har apparatet en kode?');
  await see('5-code');
}

/** The code that the virtual device shows, as the person reads it. */
export async function shownCode(page: Page): Promise<string> {
  await title(page, 'Skriv koden som apparatet viser');
  return SHOWN.exec((await page.locator('main').textContent()) ?? '')?.[1] ?? '';
}
