import { defineRoute, type Reply, type Route } from '../http/route.js';
import type { Uploads } from '../http/uploads.js';
import { readUpload } from '../intake/formats/inspect.js';
import { BadRequest, InvalidInput } from '../kernel/errors.js';
import { type SerializeSession, sessionAnswer } from '../sessions/schemas.js';
import type { GetCodeService } from './get_code.js';
import { LOGIN, TELEGRAM } from './routes.js';
import * as schemas from './schemas.js';
import type { Uploaded, UploadService } from './uploads.js';

export interface UploadRouteParts {
  readonly uploads: UploadService;
  /** Where files are received. */
  readonly received: Uploads;
  readonly getCode: GetCodeService;
  readonly serialize: SerializeSession;
  /** How long an upload waits to be finalized. */
  readonly ttlMinutes: number;
  /** The maximum size of a session file. */
  readonly maxBytes: number;
}

/** `/sessions/…`: adding existing sessions. */
export function uploadRoutes(parts: UploadRouteParts): Route[] {
  return [uploadFile(parts), create(parts), getCode(parts)];
}

function uploadFile(parts: UploadRouteParts): Route {
  return defineRoute({
    ...LOGIN,
    path: '/sessions/upload-file',
    summary: 'Upload a session file of Telethon or Pyrogram',
    description: 'Its name must end in `.session`.',
    input: schemas.uploadInput,
    audit: { action: 'session.upload' },
    file: { field: 'session_file', maxBytes: parts.maxBytes, uploads: parts.received },
    responses: {
      200: { description: 'The session, or the upload to finalize', schema: schemas.uploadedAnswer },
      ...TELEGRAM,
    },
    async handle({ input: { session_name, phone_number, api_id: apiId, api_hash: apiHash }, file, key }) {
      if (!file) throw missingFile();
      if (!/\.session$/i.test(file.name))
        throw new BadRequest('session_file: expected a file named .session', {
          code: 'not_a_session',
          field: 'session_file',
        });
      const request = {
        sessionName: session_name ?? null,
        phoneNumber: phone_number ?? null,
        apiId,
        apiHash,
      };
      const reading = await file.use(readUpload);
      return uploaded(parts, await parts.uploads.file(reading, request, key.holder));
    },
  });
}

function create(parts: UploadRouteParts): Route {
  return defineRoute({
    ...LOGIN,
    path: '/sessions',
    summary: 'Add a session by its string, of Telethon, GramJS or Pyrogram',
    input: schemas.createInput,
    audit: { action: 'session.create' },
    responses: { 200: { description: 'The session', schema: sessionAnswer }, ...TELEGRAM },
    async handle({ input: { name, phone_number, api_id: apiId, api_hash: apiHash, session_string }, key }) {
      const request = { sessionName: name, phoneNumber: phone_number ?? null, apiId, apiHash };
      return uploaded(parts, await parts.uploads.string(session_string, request, key.holder));
    },
  });
}

function getCode({ getCode }: UploadRouteParts): Route {
  return defineRoute({
    ...LOGIN,
    path: '/sessions/get-code',
    summary: 'Find the session of a phone number, or send a code',
    description: 'The message is in Russian for `Accept-Language: ru`, else in English.',
    input: schemas.getCodeInput,
    audit: { action: 'login.get_code' },
    responses: {
      200: { description: 'The session, or a code that was sent', schema: schemas.getCodeAnswer },
      ...TELEGRAM,
    },
    async handle({ input, key, req }) {
      const found = await getCode.codeFor(input.phone_number, key.holder);
      const { kind: status, phoneNumber: phone_number } = found;
      const language = req.acceptsLanguages('en', 'ru') === 'ru' ? 'ru' : 'en';
      const message = MESSAGES[language][status](phone_number);
      const headers = { 'Content-Language': language };
      if (found.kind === 'session_exists') {
        const session = { account_id: found.accountId, message, session_file: found.sessionFile };
        return { body: { status, phone_number, ...session }, headers };
      }
      const sent = { phone_code_hash: found.sent.phoneCodeHash, temp_session_id: found.id, message };
      return { body: { status, phone_number, ...sent }, headers, audit: { object: `login:${found.id}` } };
    },
  });
}

/** The messages of get-code, by language. */
const MESSAGES = {
  en: {
    session_exists: () => 'A valid session for this phone number exists: no code is needed',
    code_sent: (phone: string) => `Code sent to ${phone}. Check Telegram, and send the code to verify-otp.`,
  },
  ru: {
    session_exists: () => '✅ Найден существующий session! Аккаунт уже авторизован, код не требуется.',
    code_sent: (phone: string) => `Код отправлен на ${phone}. Проверьте Telegram и введите код.`,
  },
} as const;

async function uploaded({ serialize, ttlMinutes }: UploadRouteParts, upload: Uploaded): Promise<Reply> {
  if (upload.kind === 'saved') {
    const { session } = upload;
    return { body: await serialize(session), audit: { object: `session:${session.id}` } };
  }
  const body = {
    temp_session_id: upload.id,
    phone_number: upload.phoneNumber,
    message: 'Telegram accepts this session. Finalize it with a name to save it.',
    expires_in_minutes: ttlMinutes,
  };
  return { body, audit: { object: `login:${upload.id}` } };
}

function missingFile(): InvalidInput {
  return new InvalidInput([{ loc: ['body', 'session_file'], msg: 'Field required', type: 'missing' }]);
}
