import type { Request } from 'express';
import { z } from 'zod';
import { defineRoute, type Route } from '../http/route.js';
import { ensureSameOrigin } from '../http/same_origin.js';
import type { SteadyClock } from '../kernel/clock.js';
import type { AuthenticateKey } from './authenticate.js';
import { selfAnswer, serializeSelf } from './routes.js';
import type { SignInCookie } from './sign_in_cookie.js';
import { SIGN_IN_SECONDS, type SignIns } from './sign_ins.js';

export interface SignInRouteParts {
  readonly signIns: SignIns;
  readonly cookie: SignInCookie;
  readonly authenticateKey: AuthenticateKey;
  readonly clock: SteadyClock;
}

/** `/auth`: signing in at the console, and out. */
export function signInRoutes(parts: SignInRouteParts): Route[] {
  return [signIn(parts), signOut(parts)];
}

function signIn({ signIns, cookie, authenticateKey, clock }: SignInRouteParts): Route {
  return defineRoute({
    method: 'post',
    path: '/auth/sign-in',
    tag: 'Access',
    summary: 'Sign in with an API key',
    description: `For browsers: sets a cookie that opens what the key opens, and that scripts cannot read. It is renewed while it is used, and ends after ${SIGN_IN_SECONDS / 60} minutes without use, on signing out, or with its key.`,
    access: 'public',
    from: 'body',
    input: z.object({
      api_key: z.string().min(1).max(512).meta({ description: 'The API key', example: 'YOUR_KEY' }),
    }),
    responses: {
      200: { description: 'Signed in: the key', schema: selfAnswer },
      403: { description: 'The key is unknown, expired or revoked; or another site sent the request' },
      429: { description: 'Too many invalid keys: see Retry-After' },
    },
    async handle({ input: { api_key }, req, res }) {
      ensureSameOrigin(req);
      const key = await authenticateKey(api_key, req);
      await endPrevious(signIns, cookie, req);
      cookie.write(req, res, await signIns.begin(key));
      return { body: serializeSelf(key, clock) };
    },
  });
}

function signOut({ signIns, cookie }: SignInRouteParts): Route {
  return defineRoute({
    method: 'post',
    path: '/auth/sign-out',
    tag: 'Access',
    summary: 'Sign out',
    description:
      'Ends the sign-in of the cookie, everywhere and at once, and its event streams. Can be repeated.',
    access: 'public',
    responses: {
      200: { description: 'Signed out', schema: z.object({ message: z.string() }) },
      403: { description: 'Another site sent the request' },
    },
    async handle({ req, res }) {
      ensureSameOrigin(req);
      await endPrevious(signIns, cookie, req);
      cookie.clear(req, res);
      return { body: { message: 'Signed out' } };
    },
  });
}

async function endPrevious(signIns: SignIns, cookie: SignInCookie, req: Request): Promise<void> {
  const token = cookie.read(req);
  if (token !== null) await signIns.end(token);
}
