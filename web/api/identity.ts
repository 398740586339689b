import { useQuery } from '@tanstack/react-query';
import { type Answer, get, send, signedIn, whenSignedOut } from './client.js';
import { ApiError } from './errors.js';
import { queryClient } from './queries.js';
import { createStore, useStore } from './store.js';

/** Who is signed in. */
export type Self = Answer<'get', '/keys/self'>;
export type Role = Self['role'];

const SELF = ['self'];

/** Why the service no longer accepts who was signed in; null: it does, as far as is known. */
const expired = createStore<ApiError | null>(null);

whenSignedOut((error) => {
  if (queryClient.getQueryData(SELF)) expired.set(error);
});

/** Who is signed in; `signed_out` if nobody is. */
export function useIdentity(): {
  readonly self: Self | null;
  readonly state: 'loading' | 'signed_in' | 'signed_out' | 'unreachable';
} {
  const { data, error, isPending } = useQuery({
    queryKey: SELF,
    queryFn: () => get('/keys/self'),
    staleTime: Infinity,
  });
  if (data) return { self: data, state: 'signed_in' };
  if (isPending) return { self: null, state: 'loading' };
  const isSignedOut = error instanceof ApiError && error.signedOut;
  return { self: null, state: isSignedOut ? 'signed_out' : 'unreachable' };
}

/** The one who is signed in. Only for what is shown to those who are. */
export function useSelf(): Self {
  const { self } = useIdentity();
  if (!self) throw new Error('nobody is signed in');
  return self;
}

/** Whether the one who is signed in may change things. */
export function useIsAdmin(): boolean {
  return useSelf().role === 'admin';
}

/** Why one has to sign in again, while the page stays as it is; null: one has not. */
export function useExpired(): ApiError | null {
  return useStore(expired);
}

/** Exchanges the key for a cookie that no script can read. @throws ApiError for a key that is not accepted. */
export async function signIn(key: string): Promise<void> {
  // An answer to the one who was signed in before would end the cookie of this one.
  await queryClient.cancelQueries({ predicate: ({ queryKey }) => queryKey[0] !== SELF[0] });
  const self = await send('post', '/auth/sign-in', { body: { api_key: key } });
  signedIn();
  queryClient.setQueryData(SELF, self);
  expired.set(null);
  await queryClient.invalidateQueries();
}

/** Ends the cookie, and forgets all that was shown and typed. */
export async function signOut(): Promise<void> {
  await send('post', '/auth/sign-out').catch(() => null);
  expired.set(null);
  queryClient.clear();
  sessionStorage.clear();
  location.assign('/');
}
