import { expect } from 'vitest';
import { bloodPressure, cuff } from '../agent/home/frames.ts';
import { openHousehold } from '../agent/home/household.ts';
import { furnishPortal } from '../agent/home/portal/furnished.ts';
import { button, run, title, visitorOf } from './citizen.ts';

run('what is ticked after a refusal stays ticked, whatever happens meanwhile', async () => {
  const portal = furnishPortal({ home: openHousehold() });
  const { home } = portal;
  const kari = await home.decisions.addPerson('test', 'Kari Eksempel');
  const device = await home.adopt();
  await home.decisions.assignDevice('test', device.id, { slots: {} });
  const { page, url } = await visitorOf(portal, kari.id, 'phone');
  const other = await page.context().newPage();
  await other.goto(`${url}/me`);
  const questions = (of: typeof page) => of.getByRole('link', { name: /^Spørsmål.*1/ });

  await page.goto(`${url}/shares/to/care/choose`);
  await button(page, 'Se over').click();
  await page.getByText('Kryss av for minst én ting').waitFor();
  await page.getByLabel('Vekt').check();
  await cuff(home, bloodPressure());
  // The other page has been told, and this one as well if it listens.
  await questions(other).waitFor();
  await page.waitForTimeout(1_000);
  expect(await page.getByLabel('Vekt').isChecked()).toBe(true);
  await button(page, 'Se over').click();
  await title(page, 'Er dette riktig?');
  expect(await questions(page).count()).toBe(1);
});
