import { logIn } from '../../journeys/journey.js';
import { madeElsewhere } from '../documented.js';
import {
  type Known,
  type PrintedRequest,
  printedWorld,
  printedWorldWithPassword,
  type Scene,
} from './scene.js';

const document = 'scraper-backend-api.md';
const PHONE = '+1234567890';

const temp = { 'uuid-from-step-1': ({ temp: id }: Known) => id };
const session = { '{session_id}': '1' };
const source = { '{source_id}': '1' };

/** Its requests, as they are printed. */
export const PRINTED = {
  sendOtp: `POST /sessions/send-otp

{
  "phone_number": "+1234567890",
  "session_name": "my_telegram_session"
}`,
  verifyOtp: `POST /sessions/verify-otp

{
  "temp_session_id": "uuid-from-step-1",
  "code": "12345"
}`,
  verifyOtpWithPassword: `POST /sessions/verify-otp

{
  "temp_session_id": "uuid-from-step-1",
  "code": "12345",
  "password": "my_2fa_password"
}`,
  finalize: `POST /sessions/finalize

{
  "temp_session_id": "uuid-from-step-1"
}`,
  upload: `POST /sessions/upload-file
Content-Type: multipart/form-data

session_name=my_session
phone_number=+1234567890
session_file=@my_session.session`,
  createPublic: `POST /sources/

{
  "name": "Euronews English",
  "identifier": "@euronews_eng",
  "channel_title": "Euronews",
  "access_level": "public",
  "target": "LOCAL",
  "session_ref": null
}`,
  createPrivate: `POST /sources/

{
  "name": "Private Channel",
  "identifier": "@private_channel",
  "channel_title": "My Private Channel",
  "access_level": "private",
  "target": "NAS",
  "session_ref": 1
}`,
  listSessions: 'GET /sessions/',
  channels: 'GET /sessions/{session_id}/channels',
  removeSession: 'DELETE /sessions/{session_id}',
  listSources: 'GET /sources/',
  source: 'GET /sources/{source_id}',
  removeSource: 'DELETE /sources/{source_id}',
};

const SENT = `{
  "message": "OTP sent to +1234567890",
  "temp_session_id": "uuid-here",
  "phone_code_hash": "hash-value"
}`;

const VERIFIED = '{ "message": "Authentication successful. Ready to finalize.", "requires_password": false }';
const PASSWORD_REQUIRED = '{ "message": "2FA password required", "requires_password": true }';

const FINALIZED = `{
  "id": 1,
  "session_name": "my_telegram_session",
  "phone_number": "+1234567890",
  "created_at": "2025-10-30T10:00:00Z"
}`;

const UPLOADED = `{
  "id": 2,
  "session_name": "my_session",
  "phone_number": "+1234567890",
  "created_at": "2025-10-30T10:05:00Z"
}`;

const SESSIONS = `[
  {
    "id": 1,
    "session_name": "my_telegram_session",
    "phone_number": "+1234567890",
    "created_at": "2025-10-30T10:00:00Z"
  },
  {
    "id": 2,
    "session_name": "another_session",
    "phone_number": "+9876543210",
    "created_at": "2025-10-30T10:05:00Z"
  }
]`;

const CHANNELS = `[
  {
    "id": 1234567890,
    "username": "bbcnews",
    "title": "BBC News",
    "participants_count": 500000,
    "is_broadcast": true,
    "is_megagroup": false,
    "is_private": false,
    "access_hash": 1234567890123456789,
    "description": "Breaking news from BBC"
  },
  {
    "id": 9876543210,
    "username": null,
    "title": "Private VIP Group",
    "participants_count": 150,
    "is_broadcast": false,
    "is_megagroup": true,
    "is_private": true,
    "access_hash": 9876543210987654321,
    "description": "Exclusive VIP content"
  }
]`;

const PUBLIC_SOURCE = `{
  "id": 1,
  "name": "Euronews English",
  "identifier": "@euronews_eng",
  "channel_title": "Euronews",
  "access_level": "public",
  "target": "LOCAL",
  "session_ref": null,
  "created_at": "2025-10-30T10:10:00Z"
}`;

const PRIVATE_SOURCE = `{
  "id": 2,
  "name": "Private Channel",
  "identifier": "@private_channel",
  "channel_title": "My Private Channel",
  "access_level": "private",
  "target": "NAS",
  "session_ref": 1,
  "created_at": "2025-10-30T10:15:00Z"
}`;

/** Those under "Testing Endpoints". */
export const TESTING = {
  sendOtp: `POST http://localhost:8000/sessions/send-otp
Content-Type: application/json

{
  "phone_number": "+1234567890",
  "session_name": "test_session"
}`,
  verifyOtp: `POST http://localhost:8000/sessions/verify-otp
Content-Type: application/json

{
  "temp_session_id": "uuid-from-step-1",
  "code": "12345"
}`,
  finalize: `POST http://localhost:8000/sessions/finalize
Content-Type: application/json

{
  "temp_session_id": "uuid-from-step-1"
}`,
  createSource: `POST http://localhost:8000/sources/
Content-Type: application/json

{
  "name": "Test Channel",
  "identifier": "@test_channel",
  "channel_title": "Test",
  "access_level": "public",
  "target": "LOCAL",
  "session_ref": null
}`,
};

/** The table of errors, each with a request that has it. */
const ERRORS: readonly PrintedRequest[] = [
  {
    request: PRINTED.sendOtp.replace('+1234567890', '+12'),
    status: 400,
    answer: '{ "detail": "Invalid phone number" }',
  },
  { request: PRINTED.sendOtp, status: 200, answer: SENT },
  {
    request: PRINTED.verifyOtp.replace('12345', '54321'),
    put: temp,
    status: 400,
    answer: '{ "detail": "Invalid OTP code" }',
  },
  { request: PRINTED.finalize, status: 404, answer: '{ "detail": "Temp session not found" }' },
  {
    request: PRINTED.removeSession,
    put: session,
    status: 404,
    answer: '{ "detail": "Session not found" }',
  },
  {
    request: PRINTED.createPrivate.replace('"session_ref": 1', '"session_ref": null'),
    status: 400,
    answer: '{ "detail": "Session required for private" }',
  },
];

const SIGNED_64_BITS =
  'The printed `access_hash` of the second is wider than the 64 bits, signed, that Telegram has.';

const login: Scene = {
  document,
  options: { seed: printedWorld },
  requests: [
    { request: PRINTED.sendOtp, status: 200, answer: SENT },
    { request: PRINTED.verifyOtp, put: temp, status: 200, answer: VERIFIED },
    { request: PRINTED.finalize, put: temp, status: 200, answer: FINALIZED },
    {
      request: PRINTED.listSessions,
      status: 200,
      answer: SESSIONS,
      async before({ admin }) {
        const body = { phone_number: '+9876543210', session_name: 'another_session' };
        const sent = await admin.post<{ temp_session_id: string }>('/sessions/send-otp', body);
        const { temp_session_id } = sent.must(200);
        await admin.post('/sessions/verify-otp', { temp_session_id, code: '12345' });
        (await admin.post('/sessions/finalize', { temp_session_id })).must(200);
      },
    },
    {
      request: PRINTED.channels,
      put: session,
      status: 200,
      answer: CHANNELS,
      decided: SIGNED_64_BITS,
    },
    {
      request: PRINTED.removeSession,
      put: session,
      status: 200,
      answer: '{ "message": "Session deleted successfully" }',
    },
  ],
};

const loginWithPassword: Scene = {
  document,
  options: { seed: printedWorldWithPassword },
  requests: [
    { request: PRINTED.sendOtp, status: 200, answer: SENT },
    { request: PRINTED.verifyOtp, put: temp, status: 200, answer: PASSWORD_REQUIRED },
    { request: PRINTED.verifyOtpWithPassword, put: temp, status: 200, answer: VERIFIED },
    { request: PRINTED.finalize, put: temp, status: 200, answer: FINALIZED },
  ],
};

const upload: Scene = {
  document,
  options: { seed: printedWorld },
  prepare: (journey) => madeElsewhere(journey, PHONE),
  requests: [{ request: PRINTED.upload, status: 200, answer: UPLOADED }],
};

const sources: Scene = {
  document,
  options: { seed: printedWorld, settings: { NAS_ROOT: '/nas' } },
  async prepare(journey) {
    await logIn(journey, PHONE);
    return undefined;
  },
  requests: [
    { request: PRINTED.createPublic, status: 200, answer: PUBLIC_SOURCE },
    { request: PRINTED.createPrivate, status: 200, answer: PRIVATE_SOURCE },
    { request: PRINTED.listSources, status: 200, answer: `[${PUBLIC_SOURCE}, ${PRIVATE_SOURCE}]` },
    { request: 'GET /sources\nAccept: text/html', status: 200, page: true },
    { request: PRINTED.source, put: source, status: 200, answer: PUBLIC_SOURCE },
    {
      request: PRINTED.removeSource,
      put: source,
      status: 200,
      answer: '{ "message": "Source deleted successfully" }',
    },
  ],
};

/** scraper-backend-api.md. */
export const scraperBackend: readonly Scene[] = [
  login,
  loginWithPassword,
  upload,
  sources,
  {
    document,
    options: { seed: printedWorld },
    requests: [
      ...ERRORS,
      { request: TESTING.sendOtp, status: 200 },
      { request: TESTING.verifyOtp, put: temp, status: 200 },
      { request: TESTING.finalize, put: temp, status: 200 },
      { request: TESTING.createSource, status: 200 },
    ],
  },
];
