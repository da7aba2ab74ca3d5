// What a program imports: a client with a type for each path, body and answer of the API.
import createClient from 'openapi-fetch';
import type { components, paths } from './schema.js';

export type { components, paths } from './schema.js';
export type Problem = components['schemas']['Problem'];

/**
 * Makes a client for one user. It sends the bearer token, if there is one, and the consistency token of the last change, so that what it
 * reads is never older than what it wrote, whichever node answers.
 *
 * @param baseUrl Where the API is: `https://photos.example.org`.
 * @param bearer Asked before each request for the token of the session.
 */
export function createMonolith(baseUrl: string, bearer: () => string | undefined = () => undefined) {
  const client = createClient<paths>({ baseUrl });
  let written: string | undefined;
  client.use({
    onRequest({ request }) {
      const token = bearer();
      if (token !== undefined) {
        request.headers.set('Authorization', `Bearer ${token}`);
      }
      if (written !== undefined && !request.headers.has('Monolith-Token')) {
        request.headers.set('Monolith-Token', written);
      }
      return request;
    },
    onResponse({ response }) {
      written = response.headers.get('Monolith-Token') ?? written;
    },
  });
  return client;
}
