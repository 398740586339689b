import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { until } from '../service/manual_time.js';
import { KEYS, type Service, some, withService } from '../service/service.js';
import { describeWith, said } from './programs.js';
import { caddy, nginx, type PrepareProxy, TlsProxy } from './tls_proxies.js';

/** The settings that the page gives for a proxy on the same machine. */
const SETTINGS = { TRUST_PROXY: 'loopback', HSTS: 'on' };

function behind(prepare: PrepareProxy, test: (proxy: TlsProxy, service: Service) => Promise<void>) {
  return withService(
    async (service) => {
      const proxy = await TlsProxy.start(prepare, service.url.slice('http://'.length));
      try {
        await test(proxy, service);
      } finally {
        await proxy.stop();
      }
    },
    { settings: SETTINGS, files: some(1), database: 'sqlite' },
  );
}

/** What holds behind any proxy. */
function servesOverTls(prepare: PrepareProxy): void {
  it(
    'serves the console and the API, and tells browsers to use HTTPS only',
    behind(prepare, async (proxy) => {
      const { status, headers } = await proxy.ask({ path: '/', headers: { Accept: 'text/html' } });
      expect(status).toBe(200);
      expect(headers['strict-transport-security']).toContain('max-age=');
      const leased = await proxy.ask({ path: '/session', headers: { 'X-API-Key': KEYS.worker } });
      expect(leased.status).toBe(200);
      expect(JSON.parse(leased.text)).toMatchObject({ session_name: 's001' });
    }),
  );

  it(
    'signs in to the console with a cookie that is sent over HTTPS only',
    behind(prepare, async (proxy) => {
      const headers = { 'Content-Type': 'application/json', Origin: 'https://telegate.example.com' };
      const body = JSON.stringify({ api_key: KEYS.admin });
      const answer = await proxy.ask({ method: 'POST', path: '/auth/sign-in', headers }, body);
      expect(answer.status).toBe(200);
      expect(answer.headers['set-cookie']?.join()).toContain('; Secure');
    }),
  );

  it(
    'holds a request for as long as it waits',
    behind(prepare, async (proxy, service) => {
      await service.lease();
      const waits = proxy.ask({ path: '/session?wait=60', headers: { 'X-API-Key': KEYS.worker } });
      await until(async () => (await service.status()).waiting === 1);
      await service.time.advance(61);
      expect((await waits).status).toBe(503);
    }),
  );

  it(
    'lets a client that hangs up leave the queue',
    behind(prepare, async (proxy, service) => {
      await service.lease();
      const ends = new AbortController();
      const options = { path: '/session?wait=60', headers: { 'X-API-Key': KEYS.worker } };
      const waits = proxy.open({ ...options, signal: ends.signal }).catch(() => 'gone');
      await until(async () => (await service.status()).waiting === 1);
      ends.abort();
      expect(await waits).toBe('gone');
      await until(async () => (await service.status()).waiting === 0);
    }),
  );

  it(
    'passes events on at once',
    behind(prepare, async (proxy, service) => {
      const answer = await proxy.open({ path: '/events', headers: { 'X-API-Key': KEYS.monitor } });
      let heard = '';
      answer.on('data', (chunk) => {
        heard += chunk;
      });
      await until(() => heard.includes('event: status'));
      await service.lease();
      await until(() => heard.includes('"event":"leased"'));
      answer.destroy();
    }),
  );

  it(
    'tells who the client is, whatever that claims',
    behind(prepare, async (proxy, service) => {
      const headers = {
        ...{ 'X-API-Key': KEYS.admin, 'Content-Type': 'application/json' },
        'X-Forwarded-For': '198.51.100.7',
      };
      const options = { method: 'POST', path: '/keys', headers, localAddress: '127.0.0.5' };
      const created = await proxy.ask(options, JSON.stringify({ name: 'scraper', role: 'worker' }));
      expect(created.status).toBe(201);
      const { body } = await service.as('admin').get('/audit').expect(200);
      expect(body[0]).toMatchObject({ address: '127.0.0.5' });
    }),
  );
}

describeWith(
  'caddy',
  'version',
  'Debian: caddy',
)('Caddy, as in tls/Caddyfile', () => {
  it('accepts the file', () => {
    const directory = mkdtempSync(join(tmpdir(), 'caddy-'));
    const command = [
      'caddy',
      'validate',
      '--adapter',
      'caddyfile',
      '--config',
      'docs/operations/tls/Caddyfile',
    ];
    expect(said('env', `HOME=${directory}`, ...command)).toMatchObject({ ok: true });
    rmSync(directory, { recursive: true, force: true });
  });

  it('finds it formatted', () => {
    expect(said('caddy', 'fmt', 'docs/operations/tls/Caddyfile')).toEqual({
      ok: true,
      said: readFileSync('docs/operations/tls/Caddyfile', 'utf8'),
    });
  });

  servesOverTls(caddy);
});

describeWith(
  'nginx',
  '-v',
  'Debian: nginx-light',
)('nginx, as in tls/nginx.conf', () => {
  servesOverTls(nginx);

  it(
    'refuses uploads that the service would refuse, before it has read them',
    behind(nginx, async (proxy) => {
      const headers = { 'X-API-Key': KEYS.admin, 'Content-Length': 70 * 1024 * 1024 };
      const answer = await proxy.open({ method: 'POST', path: '/sessions/upload', headers });
      expect(answer.statusCode).toBe(413);
      answer.destroy();
    }),
  );
});
