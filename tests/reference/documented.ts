import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Journey, logIn } from '../journeys/journey.js';
import { type Filling, type PrintedAnswer, sendPrinted } from './printed.js';

/** Accounts of the sandbox that stand for those of the documents: Cleo's has a 2FA password. */
export const ADA = { phone: '+9996610001', code: '11111', id: '7000000001' };
export const CLEO = { phone: '+9996620001', code: '22222', password: 'correct horse' };

/** Sends a printed request with these in place of its placeholders. */
export function send(
  { service }: Journey,
  printed: string,
  put: Filling['put'] = {},
): Promise<PrintedAnswer> {
  return sendPrinted(printed, { url: service.baseUrl, key: service.adminKey, put });
}

/** Sends a form as browsers and `requests` do. */
export async function sendForm(
  { service }: Journey,
  path: string,
  form: FormData | URLSearchParams,
): Promise<PrintedAnswer> {
  const headers = { 'X-API-Key': service.adminKey };
  const answer = await fetch(`${service.baseUrl}${path}`, { method: 'POST', headers, body: form });
  return { status: answer.status, body: await answer.json() };
}

/** The id of the login in a response. */
export function tempId({ body }: PrintedAnswer): string {
  return (body as { readonly temp_session_id: string }).temp_session_id;
}

/** A session that Telegram knows, and the service does not: made elsewhere. */
export interface MadeElsewhere {
  readonly string: string;
  readonly file: Buffer;
}

/** Logs an account in, takes its session away, and has the service forget it. */
export async function madeElsewhere(journey: Journey, phone: string): Promise<MadeElsewhere> {
  const { admin, service } = journey;
  const id = await logIn(journey, phone);
  const exported = await admin.get<{ session_string: string }>(`/sessions/${id}/export`);
  const headers = { 'X-API-Key': service.adminKey };
  const file = await fetch(`${service.baseUrl}/sessions/${id}/export?format=file`, { headers });
  const taken = { string: exported.must(200).session_string, file: Buffer.from(await file.arrayBuffer()) };
  (await admin.delete(`/sessions/${id}`)).must(200);
  return taken;
}

/** Puts a file into the sessions' directory. */
export function drop({ service }: Journey, path: string, content: string | Buffer): void {
  const whole = join(service.sessionsDir, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, content);
}
