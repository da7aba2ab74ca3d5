// What a person does to get in and out.
import { randomUUID } from 'node:crypto';

export const password = 'correct horse battery';

export const newEmail = () => `${randomUUID()}@example.org`;

export async function fillSignUp(page, email) {
  await page.getByLabel('First name').fill('Ada');
  await page.getByLabel('Last name').fill('Lovelace');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
}

export async function signUp(page, email) {
  await page.goto('/');
  await fillSignUp(page, email);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('button', { name: 'Upload' }).waitFor();
}

export async function logIn(page, email, secret = password) {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(secret);
  await page.getByRole('button', { name: 'Log in' }).click();
}

export async function logOut(page) {
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByText('You are logged out').waitFor();
}
