// Registers, uploads a photo and fetches a variant of it: node dist/example.js http://localhost:5000 photo.jpg
import { readFile } from 'node:fs/promises';
import { createMonolith } from './index.js';

const [, , address, path] = process.argv;
if (address === undefined || path === undefined) {
  throw new Error('usage: node dist/example.js ADDRESS PHOTO');
}

let bearer: string | undefined;
const api = createMonolith(address, () => bearer);
const account = { email: `${crypto.randomUUID()}@example.org`, password: 'correct horse battery' };

const refused = await api.POST('/v1/users', { body: { ...account, email: 'ada', firstName: 'Ada', lastName: 'Lovelace' } });
console.log(`refused: ${refused.error?.code} ${refused.error?.errors?.map(e => e.pointer)}`);

const registered = await api.POST('/v1/users', { body: { ...account, firstName: 'Ada', lastName: 'Lovelace' } });
console.log(`registered: ${registered.data?.firstName}`);
bearer = (await api.POST('/v1/sessions', { body: account })).data?.token;

const form = new FormData();
form.set('file', new Blob([await readFile(path)], { type: 'image/jpeg' }), 'photo.jpg');
const uploaded = await api.POST('/v1/media', { body: { file: form.get('file') as Blob }, bodySerializer: () => form });
if (uploaded.data === undefined) {
  throw new Error(`upload: ${uploaded.error?.code}`);
}

let photo = uploaded.data;
while (photo.state === 'processing') {
  await new Promise(resolve => setTimeout(resolve, 100));
  photo = (await api.GET('/v1/media/{id}', { params: { path: { id: photo.id } } })).data ?? photo;
}
const variant = photo.variants.find(v => v.url !== undefined);
const image = await fetch(new URL(variant?.url ?? '', address));
console.log(`variant: ${variant?.preset} ${image.status} ${image.headers.get('Content-Type')} ${(await image.blob()).size === variant?.bytes}`);
