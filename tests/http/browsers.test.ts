import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { type Service, some, withService } from '../service/service.js';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';
const page = readFileSync('web/index.html', 'utf8');

function ask(service: Service, path: string, accept?: string) {
  const request = service.as('admin').get(path);
  return accept === undefined ? request.unset('Accept') : request.set('Accept', accept);
}

describe('/sessions', () => {
  it(
    'asked by a browser is the console, to anyone, and never stored',
    withService(async (service) => {
      for (const path of ['/sessions', '/sessions/', '/sessions?limit=10']) {
        for (const accept of [BROWSER, 'text/html', 'text/html, application/json;q=0.9']) {
          const answer = await service.as(null).get(path).set('Accept', accept).expect(200);
          expect(answer.headers['content-type']).toMatch(/^text\/html/);
          expect(answer.headers['cache-control']).toBe('no-store');
          expect(answer.headers.vary).toBe('Accept');
          expect(answer.headers['content-security-policy']).toContain("script-src 'self'");
          expect(answer.text).toBe(page);
        }
      }
      const head = await service.as(null).head('/sessions').set('Accept', BROWSER).expect(200);
      expect(head.headers['content-type']).toMatch(/^text\/html/);
    }),
  );

  it(
    'asked by a program is the list',
    withService(
      async (service) => {
        for (const path of ['/sessions', '/sessions/']) {
          for (const accept of [undefined, '*/*', 'application/json', 'application/json, text/html', 'x/y']) {
            const { body, headers } = await ask(service, path, accept).expect(200);
            expect(body).toHaveLength(2);
            expect(headers['cache-control']).toBe('no-store');
            expect(headers.vary).toBe('Accept');
          }
        }
        await service.as(null).get('/sessions').expect(401);
      },
      { files: some(2) },
    ),
  );

  it(
    'is the list under /api/v1, and one session below it, whoever asks',
    withService(
      async (service) => {
        for (const path of ['/api/v1/sessions', '/sessions/1', '/sessions/1/history', '/status']) {
          const { headers } = await ask(service, path, BROWSER).expect(200);
          expect(headers['content-type']).toMatch(/^application\/json/);
        }
        await service.as(null).get('/api/v1/sessions').set('Accept', BROWSER).expect(401);
      },
      { files: some(1) },
    ),
  );
});

describe('the console', () => {
  it(
    'finds all that it loads from wherever it was opened',
    withService(async (service) => {
      const loaded = [...page.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, path]) => String(path));
      expect(loaded.length).toBeGreaterThan(3);
      for (const from of ['/', '/sessions', '/sessions/']) {
        for (const path of loaded) {
          const { pathname } = new URL(path, `http://host${from}`);
          await service.as(null).get(pathname).redirects(1).expect(200);
        }
      }
    }),
  );
});
