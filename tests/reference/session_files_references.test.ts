import { describe, expect, it } from '@jest/globals';
import { withJourney } from '../journeys/journey.js';
import { GET_CODE } from './as_printed/session_files.js';
import { ADA, drop, madeElsewhere, send } from './documented.js';
import { text } from './session_shapes.js';

const put = { '+573025288905': ADA.phone };
const JSON_FILE = '9996610001/9996610001.json';
const SESSION_FILE = '9996610001/9996610001.session';

/** The JSON file as it is printed, but for the session. */
function jsonFile(session_string: string): string {
  const account = { account_id: '12345', phone_number: ADA.phone };
  return JSON.stringify({ ...account, session_string, api_id: '12345', api_hash: 'abcdef...' }, null, 2);
}

/** The response if the session exists, in this file of the sessions directory. */
function exists(file: string) {
  const session_file = expect.stringMatching(new RegExp(`(^|/)sessions/${file}$`));
  const account = { phone_number: ADA.phone, account_id: ADA.id };
  return { status: 200, body: { status: 'session_exists', ...account, message: text, session_file } };
}

describe('existing-session-files.md', () => {
  it(
    'shows the answer if a code has to be sent',
    withJourney(async (journey) => {
      const sent = { status: 'code_sent', phone_number: ADA.phone, phone_code_hash: text, message: text };
      expect(await send(journey, GET_CODE, put)).toMatchObject({ status: 200, body: sent });
    }),
  );

  it(
    'shows a JSON file that needs no code',
    withJourney(async (journey) => {
      const { string } = await madeElsewhere(journey, ADA.phone);
      drop(journey, JSON_FILE, jsonFile(string));
      expect(await send(journey, GET_CODE, put)).toMatchObject(exists(JSON_FILE));
    }),
  );

  it(
    'names a .session file that needs no code, and prefers the JSON file next to it',
    withJourney(async (journey) => {
      const { file, string } = await madeElsewhere(journey, ADA.phone);
      drop(journey, SESSION_FILE, file);
      expect(await send(journey, GET_CODE, put)).toMatchObject(exists(SESSION_FILE));
      drop(journey, JSON_FILE, jsonFile(string));
      expect(await send(journey, GET_CODE, put)).toMatchObject(exists(JSON_FILE));
      expect(await journey.admin.sessions()).toHaveLength(1);
    }),
  );

  it(
    'has a code sent if the session in the file is no longer valid',
    withJourney(async (journey) => {
      const { file } = await madeElsewhere(journey, ADA.phone);
      drop(journey, SESSION_FILE, file);
      journey.sandbox.faults.add({ fault: 'SESSION_REVOKED', phone: ADA.phone, method: 'users.getUsers' });
      const answer = await send(journey, GET_CODE, put);
      expect(answer).toMatchObject({ status: 200, body: { status: 'code_sent', phone_number: ADA.phone } });
    }),
  );
});
