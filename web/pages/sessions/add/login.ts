import { type Answer, type Body, send } from '../../../api/client.js';
import { outdated } from '../../../api/queries.js';
import type { Session } from '../../../api/sessions.js';

/** A login that Telegram sent a code for. */
export interface Login {
  readonly tempSessionId: string;
  readonly phoneNumber: string;
  /** How the code came; null: unknown. */
  readonly codeType: string | null;
  /** How the next code would come; null: there is no other way, or it is unknown. */
  readonly nextType: string | null;
  /** When the code may be sent again, in milliseconds; null: not at all. */
  readonly resendAt: number | null;
  /** When the login ends, in milliseconds; null: unknown. */
  readonly expiresAt: number | null;
}

/** What became of a code. */
export type Verified =
  | { readonly kind: 'password_wanted'; readonly hint: string | null }
  | { readonly kind: 'ready' }
  | { readonly kind: 'saved'; readonly session: Session };

/** Has a code sent. @throws ApiError; ServiceUnreachable */
export async function sendCode(body: Body<'post', '/sessions/send-otp'>): Promise<Login> {
  return loginOf(await send('post', '/sessions/send-otp', { body }));
}

/** Has another code sent, by the next way. @throws ApiError; ServiceUnreachable */
export async function resendCode({ tempSessionId }: Login): Promise<Login> {
  return loginOf(await send('post', '/sessions/resend-otp', { body: { temp_session_id: tempSessionId } }));
}

/** The login lasts its whole time again from each code on. */
function loginOf(sent: Answer<'post', '/sessions/send-otp'>): Login {
  const now = Date.now();
  return {
    tempSessionId: sent.temp_session_id,
    phoneNumber: sent.phone_number,
    codeType: sent.code_type,
    nextType: sent.next_type,
    resendAt: sent.next_type === null ? null : now + (sent.timeout ?? 0) * 1000,
    expiresAt: now + sent.expires_in_minutes * 60_000,
  };
}

/** Sends the code, and the password if one is wanted. @throws ApiError; ServiceUnreachable */
export async function verifyCode(
  { tempSessionId }: Login,
  code: string,
  password: string,
): Promise<Verified> {
  const body = { temp_session_id: tempSessionId, code, ...(password && { password }) };
  const answer = await send('post', '/sessions/verify-otp', { body });
  if (answer.requires_password) return { kind: 'password_wanted', hint: answer.password_hint ?? null };
  if (answer.id === undefined) return { kind: 'ready' };
  outdated('sessions', 'status');
  return { kind: 'saved', session: answer as Session };
}

/** Saves a login as a session. @throws ApiError; ServiceUnreachable */
export async function saveLogin({ tempSessionId }: Login, name: string): Promise<Session> {
  const body = { temp_session_id: tempSessionId, ...(name && { session_name: name }) };
  const session = await send('post', '/sessions/finalize', { body });
  outdated('sessions', 'status');
  return session;
}

/** Ends a login; its code is worth nothing any more. One that has ended already is no problem. */
export async function cancelLogin({ tempSessionId }: Login): Promise<void> {
  await send('delete', '/sessions/temp/{temp_session_id}', {
    path: { temp_session_id: tempSessionId },
  }).catch(() => null);
}

/** A session that exists already, or a login that a code was sent for. */
export type CodeOrSession =
  | { readonly kind: 'exists'; readonly account: string; readonly file: string | null }
  | { readonly kind: 'sent'; readonly login: Login };

/** Finds the session of a phone number, else has a code sent. @throws ApiError; ServiceUnreachable */
export async function getCode(phoneNumber: string): Promise<CodeOrSession> {
  const answer = await send('post', '/sessions/get-code', { body: { phone_number: phoneNumber } });
  if (answer.status === 'session_exists')
    return { kind: 'exists', account: answer.account_id ?? '', file: answer.session_file ?? null };
  const login = {
    ...{ tempSessionId: answer.temp_session_id ?? '', phoneNumber: answer.phone_number },
    ...{ codeType: null, nextType: null, resendAt: Date.now(), expiresAt: null },
  };
  return { kind: 'sent', login };
}
