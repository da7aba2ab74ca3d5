// Sign-up, upload, gallery and refusals where no script runs; the page reloads itself until everything is there.
import assert from 'node:assert/strict';
import { inBrowser } from './browser.mjs';
import { logIn, logOut, newEmail, signUp } from './account.mjs';
import { jpeg, large, text } from './photos.mjs';

await inBrowser(async (page, shot) => {
  const upload = async file => {
    await page.getByLabel('Add a photo').setInputFiles(file);
    await page.getByRole('button', { name: 'Upload' }).click();
  };
  const email = newEmail();
  await signUp(page, email);

  await upload(jpeg('harbour.jpg', 1800, 1200));
  await page.getByText('Your photo is here').waitFor();
  await page.locator('.tile.ready').nth(2).waitFor();
  await shot('without-scripts');

  await upload(text('notes.jpg'));
  await page.getByText('not a JPEG, PNG or WebP image').waitFor();
  await upload(large('huge.jpg', 60 << 20));
  await page.getByText('larger than 25 MB').waitFor();

  await page.getByText('Delete', { exact: true }).click();
  await page.getByRole('button', { name: 'Delete for good' }).click();
  await page.getByText('The photo is deleted').waitFor();
  assert.equal(await page.locator('.photo').count(), 0);

  await logOut(page);
  await logIn(page, email);
  await page.getByText('No photos yet').waitFor();
}, { javaScriptEnabled: false });
