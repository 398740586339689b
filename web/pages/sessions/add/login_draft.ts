import { useEffect } from 'react';
import { type Draft, useDraft } from '../../../components/draft.js';
import type { Login } from './login.js';

export interface LoginValues {
  readonly phone: string;
  readonly name: string;
  readonly apiId: string;
  readonly apiHash: string;
  /** A code was sent; null: not yet. */
  readonly login: Login | null;
  /** The code was accepted: the login is to be saved. */
  readonly isVerified: boolean;
}

const EMPTY: LoginValues = { phone: '', name: '', apiId: '', apiHash: '', login: null, isVerified: false };
const SECRET = ['apiHash'] as const;

/** A login as far as it has got: it goes on after a reload, until it expires. */
export function useLoginDraft(): Draft<LoginValues> {
  const draft = useDraft('login', EMPTY, SECRET);
  const { login } = draft.values;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what is restored may be too old
  useEffect(() => {
    if (login?.expiresAt && login.expiresAt < Date.now()) draft.set({ login: null, isVerified: false });
  }, []);
  return draft;
}
