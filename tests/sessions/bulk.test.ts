import { describe, expect, it } from '@jest/globals';
import { until } from '../service/manual_time.js';
import { KEYS, type Service, some, withService } from '../service/service.js';

function bulk(service: Service, body: object) {
  return service.as('admin').post('/sessions/bulk').send(body);
}

async function statuses(service: Service): Promise<string[]> {
  const { body } = await service.as('admin').get('/sessions').expect(200);
  return body.map(({ status }: { status: string }) => status);
}

describe('an action on many sessions', () => {
  it(
    'is done to each by itself, with an answer for each',
    withService(
      async (service) => {
        const { session_id } = await service.lease('session_name=s002');
        const { body } = await bulk(service, { ids: [1, session_id, 99, 1], action: 'delete' }).expect(200);
        expect(body).toEqual({
          bulk_id: expect.any(String),
          ...{ action: 'delete', total: 3, done: 1, failed: 2, cancelled: false },
          results: [
            { session_id: 1, ok: true },
            { session_id, ok: false, code: 'session_in_use', detail: expect.any(String) },
            { session_id: 99, ok: false, code: 'session_not_found', detail: 'Session not found' },
          ],
        });
        expect(await statuses(service)).toEqual(['leased', 'free']);
      },
      { files: some(3) },
    ),
  );

  it(
    'takes what a filter matches: invalidate, restore, tag, untag, proxy, test',
    withService(
      async (service) => {
        const done = async (body: object) => (await bulk(service, body).expect(200)).body;
        const reason = 'too old';
        expect(await done({ filter: { q: 's00' }, action: 'invalidate', reason })).toMatchObject({ done: 3 });
        expect(await statuses(service)).toEqual(['invalid', 'invalid', 'invalid']);
        expect((await service.as('admin').get('/sessions/1')).body.status_reason).toBe(reason);
        expect(await done({ filter: { status: 'invalid' }, action: 'restore' })).toMatchObject({ done: 3 });
        expect(await statuses(service)).toEqual(['free', 'free', 'free']);
        await done({ ids: [1, 2], action: 'tag', tags: ['eu', 'warm'] });
        await done({ filter: { tag: ['eu'] }, action: 'untag', tags: ['warm', 'none'] });
        await done({ filter: { tag: 'eu' }, action: 'proxy', proxy: 'socks5://h:1' });
        const { body } = await service.as('admin').get('/sessions');
        const shown = body.map(({ tags, proxy }: { tags: string[]; proxy: object }) => [
          tags,
          proxy !== null,
        ]);
        expect(shown).toEqual([
          [['eu'], true],
          [['eu'], true],
          [[], false],
        ]);
        expect(await done({ filter: { proxy: 'none' }, action: 'test' })).toMatchObject({
          results: [{ session_id: 3, ok: true, is_valid: false, status: expect.any(String) }],
        });
        await done({ filter: {}, action: 'proxy', proxy: '' });
        expect((await service.as('admin').get('/sessions?proxy=none')).body).toHaveLength(3);
      },
      { files: some(3) },
    ),
  );

  it(
    'is in the audit log and in the history once for each session, and on the event stream with its progress',
    withService(
      async (service) => {
        const told: string[] = [];
        const controller = new AbortController();
        const headers = { 'X-API-Key': KEYS.admin };
        const { body: stream } = await fetch(`${service.url}/events`, { headers, signal: controller.signal });
        void (async () => {
          for await (const part of stream ?? []) told.push(Buffer.from(part).toString());
        })().catch(() => undefined);
        await bulk(service, { filter: {}, action: 'invalidate', bulk_id: 'mine' }).expect(200);
        const { body: audit } = await service.as('admin').get('/audit?action=session.invalidate');
        expect(audit.map(({ object }: { object: string }) => object).toSorted()).toEqual([
          'session:1',
          'session:2',
        ]);
        const { body: history } = await service.as('admin').get('/sessions/1/history');
        expect(history.map(({ event }: { event: string }) => event)).toEqual(['invalidated', 'added']);
        const events = () => told.join('').match(/event: bulk\ndata: .*/g) ?? [];
        await until(() => events().at(-1)?.includes('finished') === true);
        expect(JSON.parse(String(events().at(-1)).replace(/[^{]*/, ''))).toEqual({
          ...{ bulk_id: 'mine', action: 'invalidate', total: 2, done: 2, failed: 0, state: 'finished' },
        });
        controller.abort();
      },
      { files: some(2) },
    ),
  );

  it(
    'needs sessions and what the action works with, and is bounded',
    withService(
      async (service) => {
        for (const [body, code] of [
          [{ action: 'restore' }, 'nothing_selected'],
          [{ action: 'restore', ids: [1], filter: {} }, 'nothing_selected'],
        ] as const) {
          expect((await bulk(service, body).expect(400)).body.code).toBe(code);
        }
        await bulk(service, { action: 'tag', ids: [1] }).expect(422);
        await bulk(service, { action: 'proxy', ids: [1] }).expect(422);
        await bulk(service, { action: 'export', ids: [1] }).expect(422);
        await bulk(service, {
          action: 'restore',
          ids: Array.from({ length: 1001 }, (_, at) => at + 1),
        }).expect(422);
        for (const who of ['worker', 'monitor'] as const) {
          await service
            .as(who)
            .post('/sessions/bulk')
            .send({ action: 'restore', ids: [1] })
            .expect(403);
        }
        await service.as('admin').post('/sessions/bulk/unknown/cancel').expect(200);
        const tags = Array.from({ length: 20 }, (_, at) => `t${at}`);
        await bulk(service, { action: 'tag', ids: [1], tags }).expect(200);
        const { body } = await bulk(service, { action: 'tag', ids: [1], tags: ['one more'] }).expect(200);
        expect(body.results).toMatchObject([{ ok: false, code: 'too_many_tags' }]);
      },
      { files: some(1) },
    ),
  );
});
