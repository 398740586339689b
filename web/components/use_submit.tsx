import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import { ApiError } from '../api/errors.js';
import { type ProblemText, useProblem } from './problem.js';

/** The sending of a form: what was wrong with it is shown at the fields, and stays until it is sent again. */
export interface Submit {
  readonly isSending: boolean;
  readonly error: unknown;
  submit(event?: FormEvent<HTMLFormElement>): Promise<void>;
  /** What is wrong with the field of one of these names; false: nothing. */
  errorAt(...names: readonly string[]): ReactNode;
  /** Whether the problem is with none of the fields that were asked about. */
  readonly isElsewhere: () => boolean;
  clear(): void;
}

/** Sends a form by `work`; the first wrong field gets the focus. */
export function useSubmit(work: () => Promise<unknown>): Submit {
  const problemOf = useProblem();
  const [error, setError] = useState<unknown>(null);
  const [isSending, setSending] = useState(false);
  const asked = useRef(new Set<string>());
  asked.current.clear();
  const form = useRef<HTMLFormElement | null>(null);
  useEffect(() => {
    if (error !== null) form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  }, [error]);
  const problem = error === null ? null : problemOf(error);
  const wrong = fieldsOf(error, problem);
  return {
    isSending,
    error,
    async submit(event) {
      event?.preventDefault();
      if (event) form.current = event.currentTarget;
      setSending(true);
      setError(null);
      try {
        await work();
      } catch (reason) {
        setError(reason);
      } finally {
        setSending(false);
      }
    },
    errorAt(...names) {
      for (const name of names) asked.current.add(name);
      const name = names.find((one) => wrong.has(one));
      return name !== undefined && <FieldProblem text={wrong.get(name) ?? ''} link={problem?.link ?? null} />;
    },
    isElsewhere: () => error !== null && ![...wrong.keys()].some((name) => asked.current.has(name)),
    clear: () => setError(null),
  };
}

function fieldsOf(error: unknown, problem: ProblemText | null): ReadonlyMap<string, string> {
  const issues = error instanceof ApiError ? Object.entries(error.issues) : [];
  if (issues.length > 0) return new Map(issues);
  return new Map(problem?.field ? [[problem.field, problem.text]] : []);
}

function FieldProblem({ text, link }: Pick<ProblemText, 'text' | 'link'>) {
  return (
    <span role="alert">
      {text} {link && <Link to={link.to}>{link.name}</Link>}
    </span>
  );
}
