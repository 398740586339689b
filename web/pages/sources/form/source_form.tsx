import { Alert, Button } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { send } from '../../../api/client.js';
import { ApiError } from '../../../api/errors.js';
import type { Source } from '../../../api/sources.js';
import { FormDialog } from '../../../components/dialog.js';
import { useDraft } from '../../../components/draft.js';
import { useProblem } from '../../../components/problem.js';
import { Restored } from '../../../components/restored.js';
import { SourceFields } from './source_fields.js';
import {
  FIELD_OF,
  type Field,
  type FieldErrors,
  type FoundChannel,
  SECRETS,
  type SourceValues,
} from './source_values.js';

interface SourceFormProps {
  readonly title: string;
  readonly action: string;
  readonly draftName: string;
  /** The same object as long as the form is open. */
  readonly initial: SourceValues;
  /** The source that is edited; null: it is a new one. */
  readonly before: Source | null;
  /** Resolves to whether the form is to be closed then: not if another page was opened. */
  readonly save: (values: SourceValues) => Promise<boolean>;
  readonly onClose: () => void;
}

/** The form of a source: the channel is looked up before it is saved, and what was typed survives everything. */
export function SourceForm({ title, action, draftName, initial, before, save, onClose }: SourceFormProps) {
  const { t } = useTranslation();
  const draft = useDraft(draftName, initial, SECRETS);
  const { values } = draft;
  const errors = useFieldErrors();
  const look = useLookUp(values, before);
  const isChecked = useRef(false);
  // While the channel is looked up, more may be typed.
  const latest = useRef(values);
  latest.current = values;
  const form = useRef<HTMLDivElement>(null);
  const set = (change: Partial<SourceValues>) => {
    errors.clear(Object.keys(change) as Field[]);
    if ('identifier' in change || 'session' in change) look.forget();
    draft.set(change);
  };
  const lookUp = async () => {
    const checked = await look.up();
    if (checked.kind === 'wrong' && errors.showError(checked.error, null) === null) throw checked.error;
    if (checked.kind !== 'found') return false;
    const { title } = checked.channel;
    if (latest.current.name.trim() === '') draft.set({ name: title });
    return true;
  };
  const submit = async () => {
    const wrong = missing(values, t('common.required'), t('sources.form.wholeNumber'));
    if (Object.keys(wrong).length > 0) return errors.show(wrong);
    if (!isChecked.current && look.isNeeded && !(await lookUp())) return false;
    isChecked.current = false;
    try {
      const closes = await save(latest.current);
      draft.clear();
      return closes;
    } catch (error) {
      if (errors.showError(error, null) === null) throw error;
      return false;
    }
  };
  const saveUnchecked = () => {
    isChecked.current = true;
    form.current?.closest('form')?.requestSubmit();
  };
  return (
    <FormDialog size="lg" title={title} action={action} onSubmit={submit} onClose={onClose}>
      <div ref={form}>
        {draft.isRestored && <Restored onDiscard={draft.clear} />}
        <SourceFields
          {...{ values, set, before }}
          errors={errors.shown}
          found={look.found}
          onLookUp={() => lookUp().catch((error: unknown) => errors.showError(error, 'identifier'))}
          isLooking={look.isLooking}
        />
        {look.reason !== null && <Unchecked reason={look.reason} onSave={saveUnchecked} />}
      </div>
    </FormDialog>
  );
}

function missing(values: SourceValues, required: string, wholeNumber: string): FieldErrors {
  const { identifier, name, access_level, session, files, file_types, api_id } = values;
  return {
    ...(identifier.trim() === '' && { identifier: required }),
    ...(access_level === 'private' && session === '' && { session: required }),
    ...(name.trim() === '' && { name: required }),
    ...(files === 'some' && file_types.trim() === '' && { file_types: required }),
    ...(!/^\d*$/.test(api_id.trim()) && { api_id: wholeNumber }),
  };
}

function useFieldErrors() {
  const problem = useProblem();
  const [shown, setShown] = useState<FieldErrors>({});
  // The first field that is wrong gets the focus.
  useEffect(() => {
    if (Object.keys(shown).length > 0)
      document.querySelector<HTMLElement>('[data-desk-dialog] [aria-invalid=true]')?.focus();
  }, [shown]);
  const show = (errors: FieldErrors) => {
    setShown(errors);
    return false as const;
  };
  return {
    shown,
    show,
    clear: (fields: readonly Field[]) =>
      setShown((now) =>
        Object.fromEntries(Object.entries(now).filter(([field]) => !fields.some((one) => one === field))),
      ),
    /** Shows it at its field, else at `usual`; null: it belongs to no field. */
    showError(error: unknown, usual: Field | null): false | null {
      const issues = error instanceof ApiError ? Object.entries(error.issues) : [];
      const known = issues.flatMap(([name, text]) => (FIELD_OF[name] ? [[FIELD_OF[name], text]] : []));
      if (known.length > 0) return show(Object.fromEntries(known));
      const { text, field } = problem(error);
      const at = (field && FIELD_OF[field]) ?? usual;
      return at ? show({ [at]: text }) : null;
    },
  };
}

/** As the service refuses such a source. */
function channelNotFound(): ApiError {
  return new ApiError(400, { code: 'channel_not_found', field: 'identifier' }, null);
}

/** What came of looking the channel up. */
type Checked =
  | { readonly kind: 'found'; readonly channel: FoundChannel }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'wrong'; readonly error: unknown };

/** Asks Telegram whether the channel exists, unless a source reads it already, or it was asked for what is typed. */
function useLookUp(values: SourceValues, before: Source | null) {
  const [found, setFound] = useState<FoundChannel | null>(null);
  /** Why nobody can say; null: it was not asked, or answered. */
  const [reason, setReason] = useState<string | null>(null);
  const [isLooking, setLooking] = useState(false);
  const asking = useRef<AbortController | null>(null);
  useEffect(() => () => asking.current?.abort(), []);
  const { identifier, session } = values;
  /** What is typed has changed: an answer that is still to come is about something else. */
  const forget = () => {
    asking.current?.abort();
    setFound(null);
    setReason(null);
    setLooking(false);
  };
  const up = async (): Promise<Checked> => {
    forget();
    setLooking(true);
    const asked = new AbortController();
    asking.current = asked;
    const { signal } = asked;
    try {
      const body = { identifier: identifier.trim(), ...(session && { session_id: Number(session) }) };
      const answer = await send('post', '/sources/check', { body, signal });
      if (signal.aborted) return { kind: 'unknown' };
      if (answer.exists === false) return { kind: 'wrong', error: channelNotFound() };
      if (answer.channel) {
        setFound(answer.channel);
        return { kind: 'found', channel: answer.channel };
      }
      setReason(answer.reason ?? '');
      return { kind: 'unknown' };
    } catch (error) {
      return signal.aborted ? { kind: 'unknown' } : { kind: 'wrong', error };
    } finally {
      if (!signal.aborted) setLooking(false);
    }
  };
  const isKnown = before?.identifier === identifier && String(before.session_id ?? '') === session;
  return { found, reason, isLooking, forget, up, isNeeded: found === null && !isKnown };
}

/** What the service says that the language has words for. */
const REASONS = {
  'no session is free': 'problems.code.no_free_session',
  'no session may resolve a name now': 'problems.code.resolve_budget',
  'an id is only known to sessions in the channel': 'sources.form.idNeedsSession',
} as const;

function isKnownReason(reason: string): reason is keyof typeof REASONS {
  return reason in REASONS;
}

/** Nobody can say whether the channel exists, for a reason that says nothing of it. */
function Unchecked({ reason, onSave }: { readonly reason: string; readonly onSave: () => void }) {
  const { t } = useTranslation();
  return (
    <Alert variant="light" color="yellow" mt="md" role="alert">
      <p>
        {t('sources.form.unchecked')} {isKnownReason(reason) ? t(REASONS[reason]) : reason}
      </p>
      <Button size="compact-sm" variant="light" color="yellow" onClick={onSave}>
        {t('sources.form.saveUnchecked')}
      </Button>
    </Alert>
  );
}
