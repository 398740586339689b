import { exactJson } from '../http/exact_json.js';
import { EXIT, Incomplete, Interrupted, UsageError } from './exit_codes.js';
import { ServiceError, Unreachable } from './service.js';
import { duration, plainLines } from './text.js';

/** How a failed command ends. */
export interface Failure {
  readonly exitCode: number;
  /** Null: nothing more is to be said. */
  readonly message: string | null;
  /** What the user can do about it. */
  readonly next: string | null;
  readonly code: string;
  readonly field: string | null;
}

/** What to do about an error of the service with this code. */
const NEXT: Readonly<Record<string, string>> = {
  api_key_required:
    'Set TELEGATE_API_KEY. The first admin key is in DATA_DIR/admin.key; `telegate keys create NAME` makes more.',
  invalid_api_key:
    'Set TELEGATE_API_KEY to a key that is neither revoked nor expired: on the machine of the service, `telegate keys list` shows them.',
  no_free_session:
    'Wait in the queue with `telegate pool acquire --wait SECONDS`; `telegate status` shows the pool.',
  session_not_found: '`telegate sessions list` shows the sessions.',
  source_not_found: '`telegate sources list` shows the sources.',
  run_not_found: '`telegate runs list` shows the runs.',
  key_not_found: '`telegate keys list` shows the keys.',
  lease_lost: 'Stop using the session, and acquire another one: somebody else may have this one now.',
  lease_id_required: 'Name the lease with --lease, as `telegate pool acquire` printed it.',
  not_lease_holder: 'Only its holder or an admin may do this: `telegate leases` shows who has it.',
  session_in_use: '`telegate leases` shows who has it; try again when it is free.',
  session_in_use_by_source: 'Delete the source, or give it another session first.',
  session_unavailable:
    '`telegate sessions show` tells its state; `telegate pool restore` returns it to the pool.',
  run_in_progress: 'Follow that run with `telegate runs follow ID`.',
  mass_removal_guard:
    'Check that SESSIONS_DIR is mounted. If its files are really gone: `telegate sync --force`.',
  name_taken: 'Choose another name.',
  redirected: 'A proxy is in between, or the URL lacks https.',
};

/** How the command ends after this error; null: it is unexpected. */
export function failureOf(error: unknown): Failure | null {
  const none = { next: null, field: null };
  if (error instanceof Interrupted)
    return { ...none, exitCode: error.exitCode, message: null, code: 'interrupted' };
  if (error instanceof Incomplete)
    return { ...none, exitCode: EXIT.incomplete, message: null, code: 'incomplete' };
  if (error instanceof UsageError)
    return { ...none, exitCode: EXIT.usage, message: error.message, code: 'usage' };
  if (error instanceof Unreachable) {
    const next = error.isLate
      ? 'It may have been done, or may be under way still: look before you run this again.'
      : 'Start the service with `telegate serve`, or set TELEGATE_URL to its address.';
    return { ...none, exitCode: EXIT.unreachable, message: `${error.message}.`, next, code: 'unreachable' };
  }
  return error instanceof ServiceError ? refusal(error) : null;
}

function refusal(error: ServiceError): Failure {
  const { exitCode, code, field } = error;
  const message = code === 'no_free_session' ? noFreeSession(error) : named(error);
  return { exitCode, message, next: nextOf(error), code, field };
}

/** The message, with the field that is wrong unless it names it itself. */
function named({ message, field }: ServiceError): string {
  return field === null || message.includes(field) ? message : `${message} (${field})`;
}

function noFreeSession({ facts }: ServiceError): string {
  const parts = [
    ...counted(facts.in_use, 'in use'),
    ...counted(facts.in_floodwait, 'in a flood wait'),
    ...Object.entries(facts.unavailable ?? {}).flatMap(([reason, count]) => counted(count, reason)),
  ];
  const next =
    typeof facts.next_release_in === 'number' ? [`next in ${duration(facts.next_release_in)}`] : [];
  const told = [...(parts.length > 0 ? [parts.join(', ')] : []), ...next].join('; ');
  return `No session is free${told === '' ? '' : `: ${told}`}.`;
}

function counted(count: unknown, words: string): string[] {
  return typeof count === 'number' && count > 0 ? [`${count} ${words}`] : [];
}

function nextOf({ status, code, retryAfterSeconds }: ServiceError): string | null {
  const known = NEXT[code];
  if (known !== undefined) return known;
  if (retryAfterSeconds !== null) return `Try again in ${duration(retryAfterSeconds)}.`;
  if (status === 403)
    return 'Use a key with the role that this needs: an admin makes one with `telegate keys create`.';
  return status >= 500 ? "The service's log says more." : null;
}

/** The failure as people read it, or as one line of JSON. Messages quote names, which come from anybody. */
export function failureText({ exitCode, message, next, code, field }: Failure, json: boolean): string {
  if (message === null) return '';
  if (json) return `${exactJson({ error: { code, message, field, next, exit_code: exitCode } })}\n`;
  return `${plainLines(message)}\n${next === null ? '' : `${next}\n`}`;
}
