import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { inBrowser } from '../../console/browser.js';
import { KEYS, some } from '../../service/service.js';

/** A page of another origin that has the client as a module, without a bundler. */
async function servePage(): Promise<{ readonly url: string; close(): void }> {
  const options = { bundle: true, write: false, format: 'esm', platform: 'neutral' } as const;
  const { outputFiles } = await build({ ...options, entryPoints: ['clients/typescript/src/index.ts'] });
  const script = outputFiles[0]?.text ?? '';
  const server = createServer(({ url }, response) => {
    const [type, text] =
      url === '/client.js' ? ['text/javascript', script] : ['text/html', '<!doctype html>'];
    response.writeHead(200, { 'Content-Type': type }).end(text);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => void server.close() };
}

/** Runs in the page. */
const WORK = `async ({ baseUrl, apiKey }) => {
  const { NoFreeSession, TeleGate } = await import('/client.js');
  const { pool } = new TeleGate({ baseUrl, apiKey });
  const lease = await pool.acquire();
  const second = await pool.acquire().catch((error) => error instanceof NoFreeSession && error.retryAfter);
  await lease.renew();
  await lease.release();
  return [await pool.withSession(async ({ session_name }) => session_name), second, await pool.status()];
}`;

inBrowser('the TypeScript client in Chromium', (visiting) => {
  it(
    'leases sessions from a page of another origin',
    visiting(
      async ({ page, service }) => {
        const site = await servePage();
        try {
          await page.goto(site.url);
          const given = JSON.stringify({ baseUrl: service.url, apiKey: KEYS.worker });
          expect(await page.evaluate(`(${WORK})(${given})`)).toEqual([
            's001',
            1,
            expect.objectContaining({ free: 1, in_use: 0 }),
          ]);
        } finally {
          site.close();
        }
      },
      { files: some(1) },
    ),
  );
});
