import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import express from 'express';
import helmet from 'helmet';
import { readEnvironment } from '../src/environment.js';

/**
 * The minimal server that answers like the service: plain Express, its security headers, one key, and leases in
 * memory. The difference to the service is what leasing costs.
 */
function main(): void {
  const { PORT = '', API_KEYS = '' } = readEnvironment();
  const wanted = sha256(API_KEYS);
  const app = express();
  app.use(helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } }));
  app.get('/ready', (_req, res) => {
    res.json({ status: 'ready' });
  });
  app.use((req, res, next) => {
    const key = req.get('X-API-Key');
    if (key !== undefined && timingSafeEqual(sha256(key), wanted)) return next();
    res.status(403).json({ detail: 'Invalid API key' });
  });
  let last = 0;
  app.get('/session', (_req, res) => {
    last = (last % 600) + 1;
    res.json(lease(last));
  });
  app.post('/release', (req, res) => {
    res.json({ status: 'released', session_id: Number(req.query.session_id) });
  });
  app.listen(Number(PORT), '127.0.0.1');
}

function lease(id: number) {
  return {
    session_id: id,
    session_name: `session${id}`,
    lease_id: randomUUID(),
    expires_at: new Date(Date.now() + 10_800_000).toISOString(),
    session_file: `session${id}.session`,
    format: 'unknown',
    phone_number: null,
    proxy: null,
    tags: [],
  };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

main();
