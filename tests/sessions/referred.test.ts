import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { wantedSource } from '../contracts/sources.js';
import { telethonFile } from '../intake/session_files.js';
import { withService } from '../service/service.js';

describe('a session that is deleted', () => {
  it(
    'must not be named by a source, and keeps its file then',
    withService(
      async (service) => {
        const id = 1;
        const { sources } = service.container.database;
        await sources.create(wantedSource({ name: 'news', sessionId: id }), null, 0);
        const answer = await service.as('admin').delete(`/sessions/${id}`).expect(409);
        expect(answer.body.detail).toMatchObject({
          ...{ error: 'session_in_use_by_source', source_id: 1, source_name: 'news' },
          message: expect.stringContaining('news'),
        });
        expect(readdirSync(service.sessionsDir)).toEqual(['ann.session']);
        await sources.remove(1);
        await service.as('admin').delete(`/sessions/${id}`).expect(200);
        expect(readdirSync(service.sessionsDir)).toEqual([]);
      },
      { files: { 'ann.session': telethonFile() } },
    ),
  );
});
