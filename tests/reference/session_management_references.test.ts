import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { type Journey, withJourney } from '../journeys/journey.js';
import { COMMANDS } from './as_printed/session_management.js';
import { ADA, madeElsewhere, send, sendForm } from './documented.js';
import { sendCurl } from './printed.js';
import { expectChannels, sessionResponse } from './session_shapes.js';

const hasCurl = spawnSync('curl', ['--version']).status === 0;
if (!hasCurl) process.stderr.write('skipped: curl is not installed (apt-get install curl)\n');
const withCurl = hasCurl ? describe : describe.skip;

function curl({ service }: Journey, printed: string, put: Readonly<Record<string, string>>) {
  return sendCurl(printed, { url: service.baseUrl, key: service.adminKey, put });
}

withCurl('session-management.md, by curl', () => {
  it(
    'uploads a session string by a form, and lists its channels',
    withJourney(async (journey) => {
      const { string } = await madeElsewhere(journey, ADA.phone);
      const put = { '+1234567890': ADA.phone, your_string: string };
      const session = { ...sessionResponse('My Account', ADA.phone), api_id: 12345678 };
      const saved = await curl(journey, COMMANDS.upload, put);
      expect(saved).toMatchObject({ status: 200, body: session });
      const { id } = saved.body as { readonly id: number };
      const channels = await curl(journey, COMMANDS.channels, { '{session-id}': String(id) });
      expect(channels.status).toBe(200);
      expectChannels(channels.body);
    }),
  );
});

describe('session-management.md, by Python', () => {
  it(
    'uploads a session string as requests.post(data=…) sends it, and lists its channels',
    withJourney(async (journey) => {
      const { string } = await madeElsewhere(journey, ADA.phone);
      const form = new URLSearchParams({
        name: 'Main Account',
        phone_number: ADA.phone,
        api_id: '12345678',
        api_hash: 'abc123',
        session_string: string,
      });
      const saved = await sendForm(journey, '/sessions/', form);
      const session = { ...sessionResponse('Main Account', ADA.phone), api_id: 12345678 };
      expect(saved).toMatchObject({ status: 200, body: session });
      const { id } = saved.body as { readonly id: number };
      const channels = await send(journey, `GET /sessions/${id}/channels`);
      expectChannels(channels.body);
    }),
  );
});
