// The main job, as a person does it: sign up, upload, see the pictures appear, log out and in, delete.
import assert from 'node:assert/strict';
import { inBrowser } from './browser.mjs';
import { logIn, logOut, newEmail, signUp } from './account.mjs';
import { jpeg, large, text } from './photos.mjs';

const upload = async (page, file) => {
  await page.getByLabel('Add a photo').setInputFiles(file);
  await page.getByRole('button', { name: 'Upload' }).click();
};

await inBrowser(async (page, shot) => {
  const email = newEmail();
  await signUp(page, email);

  await upload(page, jpeg('harbour.jpg', 3000, 2000));
  await page.getByText('Your photo is here').waitFor();
  await shot('gallery-queued');
  await page.locator('.tile.ready').nth(2).waitFor(); // no reload: the page brings them by itself
  assert.deepEqual(await pictures(page), { web: [1600, 1067], thumb: [256, 256], blur: [1600, 1067] });
  await page.getByText('JPEG · 3000 × 2000').waitFor();

  await logOut(page);
  await logIn(page, email);
  await page.locator('.tile.ready').nth(2).waitFor();
  assert.deepEqual(await pictures(page), { web: [1600, 1067], thumb: [256, 256], blur: [1600, 1067] });

  await upload(page, text('notes.jpg'));
  await page.getByRole('alert').filter({ hasText: 'not a JPEG, PNG or WebP image' }).waitFor();
  await shot('upload-refused');

  // The script says it at once; the server says it too, where no script runs.
  await page.getByLabel('Add a photo').setInputFiles(large('huge.jpg', 30 << 20));
  assert.equal(await page.locator('#file').evaluate(file => file.validationMessage), 'This file is larger than 25 MB.');
  await page.locator('form.upload').evaluate(form => form.submit());
  await page.getByRole('alert').filter({ hasText: 'larger than 25 MB' }).waitFor();

  await upload(page, jpeg('tower.jpg', 900, 1400, 2));
  await upload(page, jpeg('field.jpg', 1200, 800, 3));
  await page.waitForFunction(() => document.querySelectorAll('.tile.ready').length === 9);
  await pictures(page);
  await shot('gallery');

  const first = page.locator('.photo').first();
  await first.getByText('Delete', { exact: true }).click();
  await shot('delete');
  await first.getByRole('button', { name: 'Delete for good' }).click();
  await page.getByText('The photo is deleted').waitFor();
  assert.equal(await page.locator('.photo').count(), 2);
});

// The size of each picture of the oldest photo, as the browser decoded it.
async function pictures(page) {
  await page.waitForFunction(() => [...document.querySelectorAll('.tile img')].every(image => image.naturalWidth > 0));
  return page.locator('.photo').last().locator('.tile').evaluateAll(tiles => Object.fromEntries(tiles.map(tile => {
    const image = tile.querySelector('img');
    return [tile.querySelector('figcaption').textContent, [image.naturalWidth, image.naturalHeight]];
  })));
}
