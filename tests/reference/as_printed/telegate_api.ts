import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Journey } from '../../journeys/journey.js';
import type { PrintedRequest, Scene } from './scene.js';

/** Its requests, as they are printed. */
export const PRINTED = {
  status: `curl -X GET "http://localhost:8000/status" -H "X-API-Key: <Ваш API-ключ>"`,
  session: `curl -X GET "http://localhost:8000/session" -H "X-API-Key: <Ваш API-ключ>"`,
  release: `curl -X POST "http://localhost:8000/release?session_id=42" -H "X-API-Key: <Ваш API-ключ>"`,
  invalidate: `curl -X POST "http://localhost:8000/invalidate?session_id=42" -H "X-API-Key: <Ваш API-ключ>"`,
  sync: `curl -X POST "http://localhost:8000/sync" -H "X-API-Key: <Ваш API-ключ>"`,
};

/** As many sessions as the document counts: two are leased, one is flooded, and 42 is the next to be leased. */
async function tenSessions({ admin, service }: Journey): Promise<undefined> {
  const file = (name: string) => join(service.sessionsDir, `${name}.session`);
  for (let number = 1; number <= 41; number += 1) writeFileSync(file(`before${number}`), '');
  await admin.post('/sync');
  writeFileSync(file('session42'), '');
  await admin.post('/sync');
  for (let number = 1; number <= 41; number += 1) await admin.delete(`/sessions/${number}`);
  for (let number = 43; number <= 51; number += 1) writeFileSync(file(`session${number}`), '');
  await admin.post('/sync');
  for (const id of [43, 44]) (await admin.get(`/session?session_id=${id}`)).must(200);
  (await admin.post('/floodwait?session_id=45&wait_seconds=3600')).must(200);
  return undefined;
}

/** Leases what is free, and floods two more. */
async function noneFree({ admin }: Journey): Promise<void> {
  for (const id of [46, 47]) await admin.post(`/floodwait?session_id=${id}&wait_seconds=7200`);
  while ((await admin.get('/session')).status === 200);
}

const INVALID = '{ "detail": [{ "loc": ["query", "session_id"] }] }';
const refusals: readonly PrintedRequest[] = Object.values(PRINTED).flatMap((request) => [
  { request, key: 'none' as const, status: 401 },
  { request, key: 'wrong' as const, status: 403 },
]);

/** telegate-api-reference.md. */
export const telegateApi: Scene = {
  document: 'telegate-api-reference.md',
  prepare: tenSessions,
  requests: [
    {
      request: PRINTED.status,
      status: 200,
      answer:
        '{ "total": 10, "free": 7, "in_use": 2, "in_floodwait": 1, "next_available": "2025-03-01 18:30:00" }',
    },
    { request: PRINTED.session, status: 200, answer: '{ "session_id": 42, "session_name": "session42" }' },
    { request: PRINTED.release, status: 200, answer: '{ "status": "released", "session_id": 42 }' },
    {
      request: PRINTED.session,
      status: 503,
      before: noneFree,
      answer: '{ "detail": { "error": "no_free_session", "in_floodwait": 3, "next_release_in": 3600 } }',
    },
    { request: PRINTED.invalidate, status: 200, answer: '{ "status": "invalidated", "session_id": 42 }' },
    {
      request: PRINTED.sync,
      status: 200,
      answer:
        '{ "status": "sync complete", "details": { "new_sessions": 2, "removed_sessions": 1, "total_sessions": 10 } }',
    },
    ...[PRINTED.release, PRINTED.invalidate].flatMap((request) =>
      ['', '?session_id=abc'].map((query) => ({
        ...{ request: request.replace('?session_id=42', query), status: 422, answer: INVALID },
      })),
    ),
    ...refusals,
  ],
};
