/** Whether a page fits a phone held upright. */
import type { Page } from "playwright-core";

/** What sticks out of the document to the side, px, and what of it; nothing where it fits. Regions that may be moved sideways hold their own. */
export async function sticksOut(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const wide = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= wide && document.body.scrollWidth <= wide) return [];
    const out = [...document.querySelectorAll<HTMLElement>("body *")].filter((each) => each.getBoundingClientRect().right > wide + 0.5);
    return [`${document.documentElement.scrollWidth} of ${wide} px`, ...out.map((each) => `${each.tagName} ${each.className}: ${(each.textContent ?? "").slice(0, 60)}`)];
  });
}

/** By how much a region must be moved sideways to be seen whole, px. */
export const sideways = (page: Page, label: string): Promise<number> =>
  page.getByRole("region", { name: label }).evaluate((region) => region.scrollWidth - region.clientWidth);
