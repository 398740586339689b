import { useCallback, useState } from 'react';

const PREFIX = 'telegate.draft.';

/** What is typed into a form: it survives Back, a reload and a new sign-in, until it is sent. */
export interface Draft<Values> {
  readonly values: Values;
  /** Whether it was restored from an earlier visit. */
  readonly isRestored: boolean;
  set(change: Partial<Values>): void;
  /** Forgets it: it was sent, or is not wanted any more. */
  clear(): void;
}

/**
 * The draft of this name. What is in `secret` is never stored: passwords, codes and keys are typed again.
 */
export function useDraft<Values extends object>(
  name: string,
  initial: Values,
  secret: readonly (keyof Values)[] = [],
): Draft<Values> {
  const [isRestored, setRestored] = useState(() => sessionStorage.getItem(PREFIX + name) !== null);
  const [values, setValues] = useState<Values>(() => ({ ...initial, ...stored<Values>(name) }));
  const set = useCallback(
    (change: Partial<Values>) =>
      setValues((before) => {
        const after = { ...before, ...change };
        const kept = Object.entries(after).filter(([key]) => !secret.includes(key as keyof Values));
        if (kept.length > 0) sessionStorage.setItem(PREFIX + name, JSON.stringify(Object.fromEntries(kept)));
        return after;
      }),
    [name, secret],
  );
  const clear = useCallback(() => {
    sessionStorage.removeItem(PREFIX + name);
    setRestored(false);
    setValues(initial);
  }, [name, initial]);
  return { values, isRestored, set, clear };
}

/** As a draft, but of one text. */
export interface TextDraft extends Omit<Draft<unknown>, 'values' | 'set'> {
  readonly text: string;
  set(text: string): void;
}

/** The draft of a field that stands alone in a dialog. `isSecret`: it is never stored. */
export function useTextDraft(name: string, initial: string, isSecret = false): TextDraft {
  const { values, set, ...draft } = useDraft(name, { text: initial }, isSecret ? ['text'] : []);
  return { ...draft, text: values.text, set: (text) => set({ text }) };
}

function stored<Values>(name: string): Partial<Values> {
  const text = sessionStorage.getItem(PREFIX + name);
  return text === null ? {} : (JSON.parse(text) as Partial<Values>);
}
