// A user looks at the account, mistypes the password once, and deletes the account; no script runs.
import assert from 'node:assert/strict';
import { inBrowser } from './browser.mjs';
import { logIn, newEmail, password, signUp } from './account.mjs';

await inBrowser(async (page, shot) => {
  const email = newEmail();
  await signUp(page, email);
  await page.getByRole('link', { name: 'Ada Lovelace' }).click();
  await page.getByRole('heading', { name: 'Delete account' }).waitFor();
  assert.equal(await page.getByLabel('Current password').isVisible(), false);
  await shot('account');

  await page.getByText('Delete my account').click();
  await page.getByLabel('Current password').fill('not the password');
  await page.getByRole('button', { name: 'Delete account for good' }).click();
  await page.getByRole('alert').waitFor();
  await shot('account-refused');
  await page.emulateMedia({ colorScheme: 'dark' });
  await shot('account-dark');
  await page.emulateMedia({ colorScheme: 'light' });

  await page.getByLabel('Current password').fill(password);
  await page.getByRole('button', { name: 'Delete account for good' }).click();
  await page.getByText('everything in it is deleted').waitFor();
  await shot('account-deleted');

  await logIn(page, email);
  await page.getByText('is wrong').waitFor();
}, { javaScriptEnabled: false });
