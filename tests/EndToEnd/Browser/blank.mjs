import { inBrowser } from './browser.mjs';

await inBrowser(async (page, shot) => {
  await page.setContent('<!doctype html><title>Blank</title><p>Nothing here.');
  await shot('blank');
});
