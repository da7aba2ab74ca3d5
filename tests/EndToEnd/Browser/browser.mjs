// Shared by the scripts in this folder. BrowserScript.cs starts them and sets CHROMIUM, SCREENSHOTS and MONOLITH_URL.
import { chromium } from 'playwright-core';

const narrow = { width: 390, height: 844 };
const wide = { width: 1280, height: 900 };

const flags = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  // Without these it looks up hosts outside at every start, and waits where there is no way out.
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

// Calls steps(page, shot): shot(name) saves the whole page as a phone and as a desktop show it. A script error in the
// page, or a page that a phone would have to scroll sideways, fails the script. The options are those of a context.
export async function inBrowser(steps, options = {}) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: flags });
  try {
    const context = await browser.newContext({ baseURL: process.env.MONOLITH_URL, viewport: narrow, ...options });
    // As long as the other tests wait (Eventually): it ends a wait that would never end, and says nothing about speed.
    context.setDefaultTimeout(60_000);
    const page = await context.newPage();
    const errors = [];
    page.on('pageerror', error => errors.push(error));
    try {
      await steps(page, name => shoot(page, name));
    } catch (error) {
      await save(page, 'failed').catch(() => {});
      throw error;
    }
    if (errors.length > 0) {
      throw new AggregateError(errors, `Errors in the page: ${errors.join('; ')}`);
    }
  } finally {
    await browser.close();
  }
}

async function shoot(page, name) {
  await page.setViewportSize(wide);
  await save(page, `${name}-wide`);
  await page.setViewportSize(narrow);
  await save(page, `${name}-narrow`);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  if (width > narrow.width) {
    throw new Error(`${name}: the page is ${width} pixels wide on a screen of ${narrow.width}`);
  }
}

const save = (page, name) => page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}.png`, fullPage: true });
