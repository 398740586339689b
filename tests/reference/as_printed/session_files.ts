import { drop, madeElsewhere } from '../documented.js';
import { printedWorld, type Scene } from './scene.js';

const PHONE = '+573025288905';

/** Its request, as it is printed. */
export const GET_CODE = `POST /api/v1/sessions/get-code

{
  "phone_number": "+573025288905"
}`;

const IN_RUSSIAN = GET_CODE.replace('\n', '\nAccept-Language: ru\n');

const CODE_SENT = `{
  "status": "code_sent",
  "phone_number": "+573025288905",
  "phone_code_hash": "abc123...",
  "message": "Код отправлен на +573025288905. Проверьте Telegram и введите код."
}`;

const EXISTS = `{
  "status": "session_exists",
  "phone_number": "+573025288905",
  "account_id": "8312419180",
  "message": "✅ Найден существующий session! Аккаунт уже авторизован, код не требуется.",
  "session_file": "local-storage/sessions/573025288905/573025288905.json"
}`;

const ENGLISH = 'The message is English unless the caller asks for Russian (`Accept-Language: ru`).';

/** The JSON file as the document prints it, with a session that Telegram accepts. */
function jsonFile(session_string: string): string {
  const account = { account_id: '8312419180', phone_number: PHONE };
  return JSON.stringify({ ...account, session_string, api_id: '12345', api_hash: 'abcdef...' });
}

/** existing-session-files.md: a code has to be sent, and then a file does without. */
export const sessionFiles: Scene = {
  document: 'existing-session-files.md',
  options: { seed: printedWorld },
  requests: [
    { request: GET_CODE, status: 200, answer: CODE_SENT, decided: ENGLISH },
    { request: IN_RUSSIAN, status: 200, answer: CODE_SENT },
    {
      request: GET_CODE,
      status: 200,
      answer: EXISTS,
      decided: ENGLISH,
      async before(journey) {
        const { string } = await madeElsewhere(journey, PHONE);
        drop(journey, '573025288905/573025288905.json', jsonFile(string));
      },
    },
    { request: IN_RUSSIAN, status: 200, answer: EXISTS },
    { request: 'GET http://localhost:8001/sessions\nAccept: text/html', status: 200, page: true },
  ],
};
