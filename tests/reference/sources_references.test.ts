import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { type Journey, logIn, withJourney } from '../journeys/journey.js';
import { until } from '../service/manual_time.js';
import { PRINTED, TESTING } from './as_printed/scraper_backend.js';
import { COMMANDS, PROGRAMS } from './as_printed/session_management.js';
import { ADA, madeElsewhere, send } from './documented.js';
import { sendCurl } from './printed.js';
import { runPrintedPython, withPython } from './printed_python.js';
import { moment, whole } from './session_shapes.js';

const NAS = { settings: { NAS_ROOT: '/nas' } };
const EURONEWS = {
  ...{ id: 1, name: 'Euronews English', identifier: '@euronews_eng', channel_title: 'Euronews' },
  ...{ access_level: 'public', target: 'LOCAL', session_ref: null, created_at: moment },
};
const PRIVATE = {
  ...{ id: 2, name: 'Private Channel', identifier: '@private_channel', access_level: 'private' },
  ...{ channel_title: 'My Private Channel', target: 'NAS', session_ref: 1, created_at: moment },
};

function filling({ service }: Journey, put: Readonly<Record<string, string>>) {
  return { url: service.baseUrl, key: service.adminKey, put };
}

describe('scraper-backend-api.md', () => {
  it(
    'shows sources that are created, listed, read and deleted, with matching answers',
    withJourney(async (journey) => {
      await logIn(journey, ADA.phone);
      expect(await send(journey, PRINTED.createPublic)).toMatchObject({ status: 200, body: EURONEWS });
      expect(await send(journey, PRINTED.createPrivate)).toMatchObject({ status: 200, body: PRIVATE });
      expect(await send(journey, PRINTED.listSources)).toMatchObject({
        status: 200,
        body: [EURONEWS, PRIVATE],
      });
      const first = { '{source_id}': '1' };
      expect(await send(journey, PRINTED.source, first)).toMatchObject({ status: 200, body: EURONEWS });
      const deleted = { message: 'Source deleted successfully' };
      expect(await send(journey, PRINTED.removeSource, first)).toMatchObject({ status: 200, body: deleted });
      const gone = { status: 404, body: { detail: 'Source not found', code: 'source_not_found' } };
      expect(await send(journey, PRINTED.source, first)).toEqual(gone);
    }, NAS),
  );

  it(
    'shows a source as a test, and that a session stays while sources use it',
    withJourney(async (journey) => {
      await logIn(journey, ADA.phone);
      const made = await send(journey, TESTING.createSource);
      const body = { id: whole, name: 'Test Channel', identifier: '@test_channel', channel_title: 'Test' };
      expect(made).toMatchObject({ status: 200, body });
      await send(journey, PRINTED.createPrivate);
      const session = { '{session_id}': '1' };
      expect(await send(journey, PRINTED.removeSession, session)).toMatchObject({ status: 409 });
      await send(journey, PRINTED.removeSource, { '{source_id}': '2' });
      // Its run gives the session back first.
      await until(async () => (await send(journey, PRINTED.removeSession, session)).status === 200);
    }, NAS),
  );
});

const hasCurl = spawnSync('curl', ['--version']).status === 0;
if (!hasCurl) process.stderr.write('skipped: curl is not installed (apt-get install curl)\n');
const withCurl = hasCurl ? describe : describe.skip;

withCurl('session-management.md, by curl', () => {
  it(
    'creates a private source with a schedule',
    withJourney(async (journey) => {
      const id = await logIn(journey, ADA.phone);
      const made = await sendCurl(COMMANDS.createSource, filling(journey, { 'session-uuid': String(id) }));
      const body = {
        ...{ id: whole, name: 'My Scraper', identifier: '1234567890', session_id: id, target: 'LOCAL' },
        ...{
          channel_title: 'Channel Name',
          file_types: ['pdf'],
          schedule: '0 */6 * * *',
          is_active: 'active',
        },
        ...{ created_at: moment, updated_at: moment, last_scraped_at: null },
        ...{ total_messages_scraped: 0, total_files_downloaded: 0 },
      };
      expect(made).toMatchObject({ status: 200, body });
    }),
  );
});

withPython('session-management.md, by Python', () => {
  it(
    'uploads a session, and creates a source for its first private channel',
    withJourney(async (journey) => {
      const { string } = await madeElsewhere(journey, ADA.phone);
      const put = { '+1234567890': ADA.phone, '1ApWapz...': string };
      expect(await runPrintedPython(PROGRAMS.privateChannel, filling(journey, put))).toBe(
        'Source created: 1\n',
      );
      const { body } = await send(journey, 'GET /sources/1');
      const [session] = (await send(journey, 'GET /sessions/')).body as { readonly id: number }[];
      const about = { access_level: 'private', session_id: session?.id, file_types: ['pdf', 'zip'] };
      expect(body).toMatchObject({ ...about, api_id: 12345678, schedule: '0 */6 * * *' });
    }),
  );

  it(
    'creates a public source, and triggers it',
    withJourney(async (journey) => {
      const written = await runPrintedPython(PROGRAMS.publicChannel, filling(journey, {}));
      expect(written).toBe('Source created and triggered: 1\n');
      const { body } = await send(journey, 'GET /sources/1');
      const about = { name: 'Tech News Scraper', identifier: '@technews', access_level: 'public' };
      expect(body).toMatchObject({ ...about, target: 'NAS', target_path: 'tech', schedule: '0 0 * * *' });
    }, NAS),
  );
});
