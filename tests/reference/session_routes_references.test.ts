import { describe, expect, it } from '@jest/globals';
import { type Journey, withJourney } from '../journeys/journey.js';
import { ADA, CLEO, madeElsewhere, send, sendForm, tempId } from './documented.js';
import { expectChannels, sessionResponse, text, whole } from './session_shapes.js';

/** The requests of sessions-routes.md: methods, paths and fields as they are printed there. */
function post(path: string, body: object): string {
  return `POST ${path}\n\n${JSON.stringify(body)}`;
}

const application = { api_id: 12345678, api_hash: 'abc123' };

/** An uploaded session, waiting for `finalize`: the login's id. */
async function upload(journey: Journey): Promise<string> {
  const form = new FormData();
  form.append('api_id', '12345678');
  form.append('api_hash', 'abc123');
  const { file } = await madeElsewhere(journey, ADA.phone);
  form.append('session_file', new Blob([file]), 'exported.session');
  const answer = await sendForm(journey, '/sessions/upload-file', form);
  const body = { temp_session_id: text, phone_number: ADA.phone, message: text };
  expect(answer).toMatchObject({ status: 200, body });
  return tempId(answer);
}

describe('sessions-routes.md', () => {
  it(
    'describes a login in two steps, saved under an optional name',
    withJourney(async (journey) => {
      const sent = await send(
        journey,
        post('/sessions/send-otp', { phone_number: CLEO.phone, ...application }),
      );
      const body = {
        ...{ temp_session_id: text, phone_number: CLEO.phone, message: text },
        expires_in_minutes: whole,
      };
      expect(sent).toMatchObject({ status: 200, body });
      const { code, password } = CLEO;
      const given = { temp_session_id: tempId(sent), code, password, session_name: 'cleo' };
      const saved = await send(journey, post('/sessions/verify-otp', given));
      const session = { ...sessionResponse('cleo', CLEO.phone), api_id: 12345678 };
      expect(saved).toMatchObject({ status: 200, body: session });
    }),
  );

  it(
    'describes an upload that is finalized, listed, read, tested, changed and deleted',
    withJourney(async (journey) => {
      const temp_session_id = await upload(journey);
      const saved = await send(journey, post('/sessions/finalize', { temp_session_id, name: 'mine' }));
      const session = { ...sessionResponse('mine', ADA.phone), api_id: 12345678 };
      expect(saved).toMatchObject({ status: 200, body: session });
      const { id } = saved.body as { readonly id: number };
      expect(await send(journey, 'GET /sessions/')).toMatchObject({ status: 200, body: [session] });
      const none = await send(journey, 'GET /sessions/?skip=1&limit=100');
      expect(none).toEqual({ status: 200, body: [] });
      expect(await send(journey, `GET /sessions/${id}`)).toMatchObject({ status: 200, body: session });
      const channels = await send(journey, `GET /sessions/${id}/channels`);
      expectChannels(channels.body);
      const valid = { session_id: id, is_valid: true, status: text };
      expect(await send(journey, `POST /sessions/${id}/test`)).toMatchObject({ status: 200, body: valid });
      const update = { name: 'renamed', is_active: 'inactive' };
      const changed = await send(journey, `PUT /sessions/${id}\n\n${JSON.stringify(update)}`);
      expect(changed).toMatchObject({ status: 200, body: { ...session, ...update } });
      const removed = await send(journey, `DELETE /sessions/${id}`);
      // Where that document has a string, ids of sessions are integers everywhere else.
      expect(removed).toMatchObject({ status: 200, body: { message: text, id } });
    }),
  );

  it(
    'describes how a login and an upload are cancelled',
    withJourney(async (journey) => {
      const sent = await send(journey, post('/sessions/send-otp', { phone_number: CLEO.phone }));
      for (const id of [tempId(sent), await upload(journey)]) {
        const cancelled = await send(journey, `DELETE /sessions/temp/${id}`);
        expect(cancelled).toMatchObject({ status: 200, body: { message: text, id } });
        const late = await send(journey, post('/sessions/finalize', { temp_session_id: id, name: 'x' }));
        expect(late.status).toBe(404);
      }
    }),
  );
});
