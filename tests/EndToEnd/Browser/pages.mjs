// Shows every page that needs no photo. Its address is that of the one-time link.
import assert from 'node:assert/strict';
import { inBrowser } from './browser.mjs';
import { fillSignUp, logIn, logOut, newEmail, password } from './account.mjs';

await inBrowser(async (page, shot) => {
  const email = newEmail();

  await page.goto('/');
  await shot('landing');
  await page.goto('/signup');
  await shot('signup');

  await fillSignUp(page, email);
  await page.getByLabel('E-mail').fill('ada@somewhere');
  await page.getByLabel('First name').fill('   ');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.locator('#firstName-wrong').waitFor();
  assert.equal(await page.getByLabel('E-mail').inputValue(), 'ada@somewhere');
  assert.equal(await page.getByLabel('Password').inputValue(), '');
  await shot('signup-refused');

  await fillSignUp(page, email);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByText('Ada Lovelace').waitFor();
  await shot('gallery-empty');
  await logOut(page);
  await shot('login');

  await page.goto('/signup');
  await fillSignUp(page, email.toUpperCase());
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByText('has an account already').waitFor();

  await page.goto('/login');
  await logIn(page, email, 'not the password');
  await page.getByRole('alert').waitFor();
  assert.equal(await page.getByLabel('E-mail').inputValue(), email);
  await shot('login-refused');

  await page.goto('/status');
  assert.equal(await page.getByText('sqlite:').count(), 0);
  await shot('status');
  await page.goto('/problems#rate-limited');
  await shot('problems');
  await page.goto('/nowhere');
  await shot('not-found');

  // The one-time link comes back after logging in, also when another user opens it first.
  const link = process.env.MONOLITH_URL;
  await page.goto(link);
  await shot('invitation-signed-out');
  await page.getByRole('main').getByRole('link', { name: 'Log in' }).click();
  await logIn(page, email, password);
  await page.getByText(email).waitFor();
  await shot('invitation');
  await page.getByRole('button', { name: 'Become administrator' }).click();
  await page.getByText('You are an administrator now').waitFor();
  await page.getByText('sqlite:').waitFor();
  await shot('status-admin');

  await page.goto(`${link}0`);
  await page.getByRole('button', { name: 'Become administrator' }).click();
  await page.getByRole('alert').waitFor();
  await shot('invitation-refused');
});
