import { Alert, Button } from '@mantine/core';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { ApiError, ServiceUnreachable } from '../api/errors.js';
import { formatOf, useFormat } from '../i18n/format.js';

/** An error as it is shown. */
export interface ProblemText {
  readonly text: string;
  /** The field that it is about, by its name in the API. */
  readonly field: string | null;
  /** What is in the way. */
  readonly link: { readonly to: string; readonly name: string } | null;
  /** Whether the same request may succeed. */
  readonly canRetry: boolean;
}

/** Fields of forms, where the service does not say which is wrong. */
const FIELDS: Readonly<Record<string, string>> = {
  name_taken: 'session_name',
  phone_taken: 'phone_number',
  auth_key_taken: 'session_string',
  session_not_found: 'session_id',
};

const RETRIED = new Set([502, 503, 504]);

/** Puts an error into the words of the language. */
export function problemOf(error: unknown, t: TFunction): ProblemText {
  if (error instanceof ServiceUnreachable)
    return { text: t('problems.unreachable'), field: null, link: null, canRetry: true };
  if (!(error instanceof ApiError)) {
    const message = error instanceof Error ? error.message : String(error);
    return { text: t('problems.unexpected', { message }), field: null, link: null, canRetry: false };
  }
  return {
    text: textOf(error, t),
    field: error.field ?? FIELDS[error.code] ?? null,
    link: linkOf(error),
    canRetry: RETRIED.has(error.status),
  };
}

/** `problemOf` in the language that is shown. */
export function useProblem(): (error: unknown) => ProblemText {
  const { t } = useTranslation();
  return (error) => problemOf(error, t);
}

function textOf({ code, facts, field, retryAfter, message: given }: ApiError, t: TFunction): string {
  // A message may begin with the name of the field that it is shown at.
  const message = field && given.startsWith(`${field}: `) ? given.slice(field.length + 2) : given;
  const language = formatOf(document.documentElement.lang || 'en');
  if (code === 'flood_wait' && retryAfter !== null) {
    const duration = language.duration(retryAfter);
    return facts.telegram_error
      ? t('problems.telegramWaits', { duration })
      : t('problems.sessionWaits', { duration });
  }
  if (code === 'telegram_error' && facts.telegram_error)
    return t('problems.telegramSaid', { error: String(facts.telegram_error) });
  // The compiler knows only the codes that have words.
  const words = t(`problems.code.${code}` as 'problems:code.lease_lost', { defaultValue: '' });
  const reason = code === 'not_a_session' || code === 'session_file_unusable' ? message : '';
  return [words || sentence(message), words && reason && sentence(reason)].filter(Boolean).join(' ');
}

function linkOf({ facts, code }: ApiError): ProblemText['link'] {
  const { session_id, session_name, source_id, source_name } = facts;
  if (code === 'session_in_use_by_source' && typeof source_id === 'number')
    return { to: `/sources/${source_id}`, name: String(source_name ?? `#${source_id}`) };
  const isTaken = ['name_taken', 'phone_taken', 'auth_key_taken'].includes(code);
  if (isTaken && typeof session_id === 'number')
    return { to: `/sessions/${session_id}`, name: String(session_name ?? `#${session_id}`) };
  return null;
}

function sentence(text: string): string {
  const ended = /[.!?]$/.test(text) ? text : `${text}.`;
  // Unless it begins with a name such as `api_id`.
  return ended.replace(/^[a-z](?=[a-z]*\b)/, (letter) => letter.toUpperCase());
}

interface ProblemProps {
  readonly error: unknown;
  readonly onRetry?: (() => void) | undefined;
}

/** An error where it happened, read out at once. */
export function Problem({ error, onRetry }: ProblemProps) {
  const { t } = useTranslation();
  useFormat();
  const { text, link, canRetry } = problemOf(error, t);
  return (
    <Alert color="red" variant="light" role="alert">
      {text} {link && <Link to={link.to}>{link.name}</Link>}
      {onRetry && canRetry && (
        <Button size="compact-sm" variant="light" color="red" ml="xs" onClick={onRetry}>
          {t('common.tryAgain')}
        </Button>
      )}
    </Alert>
  );
}
