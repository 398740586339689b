import type { z } from 'zod';
import { defineRoute, type ResponseSpec, type Route, type RouteSpec } from '../http/route.js';
import { type SerializeSession, sessionAnswer } from '../sessions/schemas.js';
import type { LoginFinishing, Rename } from './finishing.js';
import * as schemas from './schemas.js';
import type { CodeSent, LoginService } from './service.js';

export interface LoginRouteParts {
  readonly logins: LoginService;
  readonly finishing: LoginFinishing;
  readonly rename: Rename;
  readonly serialize: SerializeSession;
  /** How long a login may take. */
  readonly ttlMinutes: number;
}

type Defaults = Pick<RouteSpec<z.ZodObject, z.ZodObject>, 'tag' | 'access' | 'from' | 'method'>;

/** What the login routes have in common. */
export const LOGIN: Defaults = { tag: 'Logging in', access: [], from: 'body', method: 'post' };

/** The error answers of any step of a login. */
export const TELEGRAM: Readonly<Record<number, ResponseSpec>> = {
  400: { description: 'The input is refused, by Telegram or before it is asked' },
  409: { description: 'Name, phone number or auth key is taken, or another request is processing the login' },
  429: { description: 'Telegram asks to wait: see Retry-After' },
  502: { description: 'Telegram cannot be reached, or answered with an error' },
  504: { description: 'Telegram did not answer in time' },
};
/** The audit log entry of a step of a named login. */
const step = (action: string) => ({
  action,
  object: ({ input }: { readonly input: { readonly temp_session_id: string } }) =>
    `login:${input.temp_session_id}`,
});

const NOT_FOUND = { 404: { description: 'Temp session not found: unknown, expired or cancelled' } };

/** `/sessions/…`: logins with a code. */
export function loginRoutes(parts: LoginRouteParts): Route[] {
  return [sendOtp(parts), resendOtp(parts), verifyOtp(parts), finalize(parts), cancel(parts)];
}

function sendOtp(parts: LoginRouteParts): Route {
  return defineRoute({
    ...LOGIN,
    path: '/sessions/send-otp',
    summary: 'Request a login code',
    description: 'With `session_name`, `finalize` saves the session; without, `verify-otp` does.',
    input: schemas.sendOtpInput,
    audit: { action: 'login.send_code' },
    responses: {
      200: { description: 'The code was sent', schema: schemas.codeSentAnswer },
      ...TELEGRAM,
    },
    async handle({ input, key }) {
      const { phone_number: phoneNumber, api_id: apiId, api_hash: apiHash, session_name } = input;
      const request = { phoneNumber, apiId, apiHash, sessionName: session_name ?? null };
      const sent = await parts.logins.sendCode(request, key.holder);
      return { body: codeSent(parts, sent), audit: { object: `login:${sent.id}` } };
    },
  });
}

function resendOtp(parts: LoginRouteParts): Route {
  return defineRoute({
    ...LOGIN,
    path: '/sessions/resend-otp',
    summary: 'Request the code again, sent by the next method',
    input: schemas.resendOtpInput,
    audit: step('login.resend_code'),
    responses: {
      200: { description: 'The code was sent', schema: schemas.codeSentAnswer },
      ...NOT_FOUND,
      ...TELEGRAM,
    },
    async handle({ input, key }) {
      return { body: codeSent(parts, await parts.logins.resend(input.temp_session_id, key.holder)) };
    },
  });
}

function verifyOtp({ logins, serialize }: LoginRouteParts): Route {
  return defineRoute({
    ...LOGIN,
    path: '/sessions/verify-otp',
    summary: 'Sign in with the code, and the 2FA password if the account has one',
    input: schemas.verifyOtpInput,
    audit: step('login.verify'),
    responses: {
      200: { description: 'Signed in, or `requires_password`', schema: schemas.verifiedAnswer },
      ...NOT_FOUND,
      ...TELEGRAM,
    },
    async handle({ input: { temp_session_id, code, password, session_name }, key }) {
      const given = { code, password, sessionName: session_name };
      const verified = await logins.verify(temp_session_id, key.holder, given);
      if (verified.kind === 'password_needed') {
        const { hint } = verified;
        return { body: { message: '2FA password required', requires_password: true, password_hint: hint } };
      }
      if (verified.kind === 'ready') {
        return {
          body: { message: 'Authentication successful. Ready to finalize.', requires_password: false },
        };
      }
      const session = await serialize(verified.session);
      return {
        body: { message: 'Authentication successful. Session saved.', requires_password: false, ...session },
        audit: { object: `session:${session.id}` },
      };
    },
  });
}

function finalize({ finishing, rename, serialize }: LoginRouteParts): Route {
  return defineRoute({
    ...LOGIN,
    path: '/sessions/finalize',
    summary: 'Save a login, or an uploaded session',
    description:
      'A login that is already saved gets the same answer, and is renamed if another name is given.',
    input: schemas.finalizeInput,
    audit: step('login.finalize'),
    responses: { 200: { description: 'The session', schema: sessionAnswer }, ...NOT_FOUND, ...TELEGRAM },
    async handle({ input: { temp_session_id, name, session_name }, key }) {
      const wanted = name ?? session_name ?? null;
      const session = await finishing.finalize(temp_session_id, key.holder, wanted, rename);
      return { body: await serialize(session), audit: { object: `session:${session.id}` } };
    },
  });
}

function cancel({ finishing }: LoginRouteParts): Route {
  return defineRoute({
    tag: LOGIN.tag,
    access: [],
    method: 'delete',
    path: '/sessions/temp/:temp_session_id',
    summary: 'Cancel a login',
    params: schemas.tempParams,
    audit: { action: 'login.cancel', object: ({ params }) => `login:${params.temp_session_id}` },
    responses: { 200: { description: 'Cancelled', schema: schemas.cancelledAnswer }, ...NOT_FOUND },
    async handle({ params: { temp_session_id: id }, key }) {
      await finishing.cancel(id, key.holder);
      return { body: { message: 'Temp session cancelled', id } };
    },
  });
}

function codeSent({ ttlMinutes }: LoginRouteParts, { id, phoneNumber, sent }: CodeSent) {
  return {
    temp_session_id: id,
    phone_number: phoneNumber,
    phone_code_hash: sent.phoneCodeHash,
    message: `OTP sent to ${phoneNumber}`,
    expires_in_minutes: ttlMinutes,
    code_type: sent.type,
    next_type: sent.nextType,
    timeout: sent.timeoutSeconds,
  };
}
