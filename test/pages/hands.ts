import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';

/** How somebody uses the pages: what they press for a link or a button, and how they fill in. */
export interface Hand {
  readonly press: (page: Page, role: 'link' | 'button', name: string | RegExp) => Promise<void>;
  readonly pressIt: (page: Page, target: Locator) => Promise<void>;
  readonly choose: (page: Page, label: string | RegExp) => Promise<void>;
}

export const mouse: Hand = {
  press: (page, role, name) => page.getByRole(role, { name }).first().click(),
  pressIt: (_page, target) => target.click(),
  choose: (page, label) => page.getByLabel(label).check(),
};

/** Tab until it has the focus: what cannot be reached so cannot be used so. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  const isThere = async () => (await target.and(page.locator(':focus')).count()) > 0;
  for (let tabs = 0; tabs < 80; tabs += 1) {
    if (await isThere()) return;
    await page.keyboard.press('Tab');
  }
  throw new Error('Not reached by keyboard');
}

export const keyboard: Hand = {
  async press(page, role, name) {
    await keyboard.pressIt(page, page.getByRole(role, { name }).first());
  },
  async pressIt(page, target) {
    await tabTo(page, target);
    await page.keyboard.press('Enter');
  },
  async choose(page, label) {
    const target = page.getByLabel(label);
    if ((await target.getAttribute('type')) === 'checkbox') {
      await tabTo(page, target);
      await page.keyboard.press('Space');
      return;
    }
    // A group of radio buttons is one stop; arrows choose in it.
    const name = await target.getAttribute('name');
    const group = page.locator(`[type=radio][name="${name}"]`);
    for (let tabs = 0; tabs < 80; tabs += 1) {
      if ((await group.and(page.locator(':focus')).count()) > 0) break;
      await page.keyboard.press('Tab');
    }
    for (let arrows = 0; arrows < 10 && !(await target.isChecked()); arrows += 1) {
      await page.keyboard.press(arrows === 0 ? 'Space' : 'ArrowDown');
    }
    expect(await target.isChecked()).toBe(true);
  },
};
