import { expect, onTestFinished } from 'vitest';
import { oddPortal } from '../agent/home/portal/odd-language.ts';
import { run, visitorOf } from './citizen.ts';
import { look } from './running-demo.ts';

/** A language with words two fifths longer than bokmål's, on the narrowest screen. Of `npm run pages-test` only. */

run('no page is wider than 320 px, and no control is lower than 44', async () => {
  const portal = await oddPortal();
  onTestFinished(() => portal.stop());
  const { page, url } = await visitorOf(portal, portal.usual.person.id, 'phone');
  await page.setViewportSize({ width: 320, height: 640 });
  await page.goto(`${url}/?lang=nn`);
  const found: Record<string, string[]> = {};
  for (const path of portal.paths().filter((one) => !one.endsWith('/file'))) {
    const answer = await page.goto(`${url}${path}`);
    if (answer?.status() !== 200) continue;
    const name = path.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'id').replaceAll('/', '_');
    const findings = await look(page, `long-words-narrow${name}`);
    if (findings.length > 0) found[path] = findings;
  }
  expect(found).toEqual({});
});
