// Reads the API's page and sends a request from it; everything comes from the service itself, and its policy refuses nothing.
import assert from 'node:assert/strict';
import { inBrowser } from './browser.mjs';

await inBrowser(async (page, shot) => {
  const origin = new URL(process.env.MONOLITH_URL).origin;
  const [foreign, refused] = [[], []];
  page.on('request', request => request.url().startsWith(origin) || /^(data|blob):/.test(request.url()) || foreign.push(request.url()));
  page.on('console', message => /Content Security Policy/.test(message.text()) && refused.push(message.text()));

  await page.setViewportSize({ width: 1280, height: 900 });
  await page.goto('/');
  await page.getByRole('contentinfo').getByRole('link', { name: 'API' }).click();
  await page.getByRole('heading', { name: 'Monolith' }).first().waitFor();
  await page.getByRole('button', { name: /Operations/ }).first().click();
  await page.getByRole('link', { name: /Show every limit/ }).first().click();
  await page.getByRole('button', { name: /Test Request.*limits/ }).first().click();
  const answer = page.waitForResponse(response => response.url() === `${origin}/v1/limits`);
  await page.getByRole('button', { name: /^Send/ }).first().click();
  assert.equal((await answer).status(), 200);
  await shot('api-request');

  assert.deepEqual(foreign, []);
  assert.deepEqual(refused, []);
});
