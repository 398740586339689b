import { madeElsewhere } from '../documented.js';
import { type Known, printedWorld, type Scene } from './scene.js';

const document = 'sessions-routes.md';
const PHONE = '+1234567890';

const temp = { '{temp_session_id}': ({ temp: id }: Known) => id };
const session = { '{session_id}': '1' };

const SESSION_RESPONSE =
  'id, name: string, phone_number: string, api_id: integer, is_active: string, created_at: string, updated_at: string';
const SENT = 'temp_session_id: string, phone_number: string, message: string, expires_in_minutes: integer';
const UPLOADED = 'temp_session_id: string, phone_number: string, message: string';
const CHANNEL =
  'id: integer, username, title: string, participants_count: integer, is_broadcast: boolean, is_megagroup: boolean, is_private: boolean, access_hash: integer, description: string';
const GONE = 'message: string, id: string';

const SEND_OTP = `POST /sessions/send-otp

{ "phone_number": "+1234567890", "api_id": 12345678, "api_hash": "abc123" }`;

const UPLOAD = `POST /sessions/upload-file
Content-Type: multipart/form-data

api_id=12345678
api_hash=abc123
session_file=@exported.session`;

const INTEGER_IDS = 'Ids of sessions are integers on every route.';

/** sessions-routes.md: it prints methods, paths, and the names of fields. */
export const sessionsRoutes: readonly Scene[] = [
  {
    document,
    options: { seed: printedWorld },
    requests: [
      { request: SEND_OTP, status: 200, fields: SENT },
      {
        request:
          'POST /sessions/verify-otp\n\n{ "temp_session_id": "{temp_session_id}", "code": "12345", "session_name": "mine" }',
        put: temp,
        status: 200,
        fields: SESSION_RESPONSE,
      },
      { request: 'GET /sessions/?skip=0&limit=100', status: 200, fields: SESSION_RESPONSE },
      { request: 'GET /sessions/{session_id}', put: session, status: 200, fields: SESSION_RESPONSE },
      { request: 'GET /sessions/{session_id}/channels', put: session, status: 200, fields: CHANNEL },
      {
        request: 'POST /sessions/{session_id}/test',
        put: session,
        status: 200,
        fields: 'session_id, is_valid: boolean, status: string',
      },
      {
        request: 'PUT /sessions/{session_id}\n\n{ "name": "renamed", "is_active": "inactive" }',
        put: session,
        status: 200,
        fields: SESSION_RESPONSE,
      },
      {
        request: 'DELETE /sessions/{session_id}',
        put: session,
        status: 200,
        fields: GONE,
        decided: INTEGER_IDS,
      },
    ],
  },
  {
    document,
    options: { seed: printedWorld },
    prepare: (journey) => madeElsewhere(journey, PHONE),
    requests: [
      { request: UPLOAD, status: 200, fields: UPLOADED },
      { request: 'DELETE /sessions/temp/{temp_session_id}', put: temp, status: 200, fields: GONE },
      { request: UPLOAD, status: 200, fields: UPLOADED },
      {
        request: 'POST /sessions/finalize\n\n{ "temp_session_id": "{temp_session_id}", "name": "imported" }',
        put: temp,
        status: 200,
        fields: SESSION_RESPONSE,
      },
    ],
  },
];
