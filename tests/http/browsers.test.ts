import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { type Service, some, withService } from '../service/service.js';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';
/** The console as it was built. */
const page = readFileSync('dist/web/index.html', 'utf8');
const script = /src="([^"]+\.js)"/.exec(page)?.[1] ?? '';

function ask(service: Service, path: string, accept?: string) {
  const request = service.as('admin').get(path);
  return accept === undefined ? request.unset('Accept') : request.set('Accept', accept);
}

describe('/sessions', () => {
  it(
    'requested by a browser is the console, for anyone, and revalidated each time',
    withService(async (service) => {
      for (const path of ['/sessions', '/sessions/', '/sessions?limit=10']) {
        for (const accept of [BROWSER, 'text/html', 'text/html, application/json;q=0.9']) {
          const answer = await service.as(null).get(path).set('Accept', accept).expect(200);
          expect(answer.headers['content-type']).toMatch(/^text\/html/);
          expect(answer.headers['cache-control']).toBe('no-cache');
          expect(answer.headers.vary).toBe('Origin, Accept, Accept-Encoding');
          const policy = answer.headers['content-security-policy'];
          expect(policy).toContain("script-src 'self'");
          expect(policy).not.toMatch(/unsafe|https?:/);
          expect(answer.text).toBe(page);
        }
      }
      const head = await service.as(null).head('/sessions').set('Accept', BROWSER).expect(200);
      expect(head.headers['content-type']).toMatch(/^text\/html/);
    }),
  );

  it(
    'requested by a program is the list',
    withService(
      async (service) => {
        for (const path of ['/sessions', '/sessions/']) {
          for (const accept of [undefined, '*/*', 'application/json', 'application/json, text/html', 'x/y']) {
            const { body, headers } = await ask(service, path, accept).expect(200);
            expect(body).toHaveLength(2);
            expect(headers['cache-control']).toBe('no-store');
            expect(headers.vary).toBe('Origin, Accept');
          }
        }
        await service.as(null).get('/sessions').expect(401);
      },
      { files: some(2) },
    ),
  );

  it.each(['/pool', '/sessions/7', '/sources/7', '/runs/7'])(
    'is not the only path of the console: %s is one for a browser',
    (path) =>
      withService(async (service) => {
        for (const asked of [path, `${path}/`]) {
          expect((await service.as(null).get(asked).set('Accept', BROWSER).expect(200)).text).toBe(page);
          await ask(service, asked, '*/*').expect(404);
        }
      })(),
  );

  it.each(['/sources', '/leases', '/keys', '/runs', '/files', '/audit'])(
    '%s is a path of the console for a browser, and the list for a program',
    (path) =>
      withService(async (service) => {
        for (const asked of [path, `${path}/`]) {
          expect((await service.as(null).get(asked).set('Accept', BROWSER).expect(200)).text).toBe(page);
          expect(Array.isArray((await ask(service, asked, '*/*').expect(200)).body)).toBe(true);
          await service.as(null).get(asked).expect(401);
        }
      })(),
  );

  it(
    'is the list under /api/v1, and what is no page of the console is JSON, for any client',
    withService(
      async (service) => {
        for (const path of ['/api/v1/sessions/1', '/sessions/1/history', '/sessions/tags', '/status']) {
          const { headers } = await ask(service, path, BROWSER).expect(200);
          expect(headers['content-type']).toMatch(/^application\/json/);
        }
        await service.as(null).get('/api/v1/sessions').set('Accept', BROWSER).expect(401);
      },
      { files: some(1) },
    ),
  );
});

describe('a file of the console', () => {
  it(
    'is refused according to HTTP if a range, condition or path is wrong, and nothing is logged as an error',
    withService(async (service) => {
      const file = () => service.as(null).get(script);
      await file().set('Range', 'bytes=99999999-').expect(416);
      await file().set('If-Match', '"other"').expect(412);
      await service.as(null).get('/sessions/%zz').expect(400);
      expect(service.log.filter((line) => line.includes('"level":"error"'))).toEqual([]);
    }),
  );
});

describe('a page on another site', () => {
  const allowed = async (service: Service, origin: string) =>
    (await service.as('monitor').get('/status').set('Origin', origin)).headers['access-control-allow-origin'];

  it(
    'may call the API if it is on a loopback address, unless CORS_ORIGINS says otherwise',
    withService(async (service) => {
      for (const origin of [
        'http://localhost:3000',
        'https://127.0.0.1',
        'http://127.8.9.1:1',
        'http://[::1]:5173',
      ])
        expect(await allowed(service, origin)).toBe(origin);
      for (const origin of [
        'null',
        'http://localhost.evil.com',
        'http://127.0.0.1.evil.com',
        'http://10.0.0.1',
      ])
        expect([origin, await allowed(service, origin)]).toEqual([origin, undefined]);
      const headers = { Origin: 'http://localhost:3000', 'Access-Control-Request-Method': 'GET' };
      expect((await fetch(`${service.url}/session`, { method: 'OPTIONS', headers })).status).toBe(204);
    }),
  );

  it(
    'may not call it at all with CORS_ORIGINS=none',
    withService(async (service) => expect(await allowed(service, 'http://localhost:3000')).toBeUndefined(), {
      settings: { CORS_ORIGINS: 'none' },
    }),
  );
});

describe('Strict-Transport-Security', () => {
  it.each([
    ['is not sent, since nothing is known of TLS in front', {}, undefined],
    ['is sent with HSTS=on', { HSTS: 'on' }, expect.stringContaining('max-age=')],
  ])('%s', (_, settings, header) =>
    withService(
      async (service) => {
        const { headers } = await service.as(null).get('/health').expect(200);
        expect(headers['strict-transport-security']).toEqual(header);
      },
      { settings },
    )(),
  );
});

describe('the console', () => {
  it(
    'finds all its files from any path that it is opened at',
    withService(async (service) => {
      const loaded = [...page.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, path]) => String(path));
      expect(loaded.length).toBeGreaterThan(1);
      for (const from of ['/', '/sessions', '/sessions/']) {
        for (const path of loaded.filter((one) => !one.startsWith('data:'))) {
          const { pathname } = new URL(path, `http://host${from}`);
          await service.as(null).get(pathname).redirects(1).expect(200);
        }
      }
    }),
  );
});
