import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { button, link, looking, menu, run, servedPages, title, WAYS } from './citizen.ts';
import { keyboard } from './hands.ts';
import { sampled } from './running-demo.ts';

const pages = servedPages(60);
const PAUSED = 'delingen har hatt pause siden';
/** Events are looked for every ten seconds. */
const DESK_WAIT = { timeout: 120_000, interval: 1_000 };

/** The demo's desk is ten ports further on. */
async function deskText(): Promise<string> {
  const url = new URL(pages.demo.url);
  url.port = String(Number(url.port) + 10);
  return (await fetch(`${url}?lang=nb`)).text();
}

const yesterday = () => new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);

for (const [way, options] of sampled(WAYS)) {
  run(`${way}: withdraw in two taps, give, pause and resume`, async () => {
    const { page, complaints, close } = await pages.kari(options);
    const { findings, see } = looking(page, way, options.javaScriptEnabled);

    await menu(page, /Hva jeg deler/);
    await title(page, 'Hva jeg deler');
    await see('shares');
    await link(page, /^Slutt å dele/).click();
    await title(page, /^Slutt å dele med/);
    await see('shares-withdraw');
    await button(page, 'Ja, slutt å dele').click();
    await title(page, 'Kvittering');
    expect(await page.locator('.receipt').textContent()).toMatch(/Delingen ble stoppet.*Kari Eks/s);
    await see('shares-receipt');
    expect(await button(page, 'Skriv ut').isVisible()).toBe(options.javaScriptEnabled);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      link(page, /Lagre kvitteringen/).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/^kvittering-.*\.html$/);
    expect(readFileSync(await download.path(), 'utf8')).toContain('Delingen ble stoppet');

    await link(page, /Tilbake til/).click();
    await page.getByText('Ser ingenting nå.').waitFor();
    await see('shares-nothing');
    await link(page, /^Del målinger/).click();
    await button(page, 'Se over').click();
    await page.getByText('Kryss av for minst én ting').waitFor();
    await see('shares-refused');
    await page.getByLabel('Blodtrykk med puls').check();
    await page.getByLabel('Kroppstemperatur').check();
    await page.getByLabel('Også det som er målt siden').check();
    await page.getByLabel('Siden denne dagen').fill(yesterday());
    await see('shares-choose');
    await button(page, 'Se over').click();
    await title(page, 'Er dette riktig?');
    await see('shares-check');
    await button(page, 'Endre valgene').click();
    expect(await page.getByLabel('Kroppstemperatur').isChecked()).toBe(true);
    await button(page, 'Se over').click();
    await button(page, 'Ja, del dette').click();
    await title(page, 'Kvittering');
    await see('shares-receipt-given');
    // What was withheld goes: the care service has a body temperature.
    await expect
      .poll(
        async () => {
          await menu(page, /Hva jeg deler/);
          await link(page, /^Slutt å dele/).click();
          return page.getByRole('rowheader', { name: 'Kroppstemperatur' }).count();
        },
        { timeout: 120_000, interval: 1_000 },
      )
      .toBe(1);

    await link(page, /Ta en pause i stedet/).click();
    await title(page, /^Pause i delingen/);
    await see('shares-pause');
    await button(page, 'Start pausen').click();
    await title(page, 'Kvittering');
    await see('shares-receipt-paused');
    await page.getByText('De får beskjed om at delingen har pause').waitFor();
    if (way === 'desktop') await expect.poll(deskText, DESK_WAIT).toContain(PAUSED);
    await menu(page, /Hva jeg deler/);
    await page.getByText(/Pause siden/).waitFor();
    await see('shares-paused');
    await link(page, /^Avslutt pausen/).click();
    await title(page, /^Avslutt pausen/);
    await page.getByLabel('Send det også').check();
    await see('shares-resume');
    await button(page, 'Avslutt pausen').click();
    await title(page, 'Kvittering');
    if (way === 'desktop') await expect.poll(deskText, DESK_WAIT).not.toContain(PAUSED);
    await menu(page, /Hva jeg deler/);
    expect(await page.getByText(/Pause siden/).count()).toBe(0);
    await link(page, /Det du har bestemt før/).click();
    await title(page, 'Det du har bestemt');
    await see('shares-history');

    expect(findings).toEqual([]);
    expect(complaints.filter((text) => !/status of 422/.test(text))).toEqual([]);
    await close();
  });
}

for (const [way, options] of sampled(WAYS)) {
  run(`${way}: a held reading is asked about and answered`, async () => {
    const { page, complaints, close } = await pages.kari(options);
    const { findings, see } = looking(page, way, options.javaScriptEnabled);
    await expect
      .poll(
        async () => {
          await menu(page, /Spørsmål/);
          return page.getByRole('heading', { name: 'Hvem sin måling er dette?' }).count();
        },
        { timeout: 240_000, interval: 1_000 },
      )
      .toBeGreaterThan(0);
    await see('questions');
    const card = page
      .getByRole('listitem')
      .filter({ hasText: 'Hvem sin måling er dette?' })
      .first();
    expect(await card.textContent()).not.toContain('mmHg');
    await card.getByRole('button', { name: 'Vet ikke' }).click();
    await page.getByText('Spørsmålet blir stående').waitFor();
    await card.getByRole('link', { name: 'Ingen av oss' }).click();
    await title(page, 'Ingen av oss?');
    await see('questions-remove');
    await link(page, /Nei, gå tilbake/).click();
    await button(page, 'Ikke vis navnet mitt').click();
    await page.getByText('kan ikke lenger velge navnet ditt').waitFor();
    await see('questions-hidden');
    await button(page, 'La dem velge navnet mitt').click();
    await page.getByText('kan nå velge navnet ditt').waitFor();
    // There is one for all of them: it is answered the hard way, without a script.
    if (!options.javaScriptEnabled) {
      await card.getByRole('button', { name: 'Min', exact: true }).click();
      await page.getByText('Målingen er lagt til dine').waitFor();
    }
    expect(findings).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });
}

run('by keyboard alone: withdrawn, and given again', async () => {
  const { page, close } = await pages.kari(WAYS.desktop);
  await keyboard.press(page, 'link', /^Hva jeg deler$/);
  await title(page, 'Hva jeg deler');
  await keyboard.press(page, 'link', /^Slutt å dele/);
  await title(page, /^Slutt å dele med/);
  await keyboard.press(page, 'button', /^Ja, slutt å dele$/);
  await title(page, 'Kvittering');
  await keyboard.press(page, 'link', /^Tilbake til/);
  await title(page, 'Hva jeg deler');
  await keyboard.press(page, 'link', /^Del målinger/);
  await title(page, /^Del målinger/);
  await keyboard.choose(page, /^Vekt$/);
  await keyboard.press(page, 'button', /^Se over$/);
  await title(page, 'Er dette riktig?');
  await keyboard.press(page, 'button', /^Ja, del dette$/);
  await title(page, 'Kvittering');
  await page.getByText(/kan se: vekt/).waitFor();
  await close();
});
