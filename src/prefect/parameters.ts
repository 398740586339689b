import { TeleGateError } from '../kernel/errors.js';
import type { RunForm } from '../runs/store.js';
import { normaliseFileTypes } from '../sources/source_settings.js';

/** The parameters of a source's deployment as a JSON schema, from which Prefect makes its form. */
export function parameterSchema(sourceId: number) {
  return {
    type: 'object',
    title: 'Parameters',
    properties: {
      source_id: {
        ...{ title: 'Source', type: 'integer', enum: [sourceId], default: sourceId, position: 0 },
        description: 'The source in TeleGate that this deployment scrapes. It is fixed.',
      },
      limit: {
        ...{ title: 'Limit', type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER, position: 1 },
        description: 'Read at most this many messages in this run. Leave it empty to read all new ones.',
      },
      since: {
        ...{ title: 'Since', type: 'string', format: 'date-time', position: 2 },
        description:
          'Skip new messages sent before this time; later runs do not return to them. Leave it empty to skip none.',
      },
      file_types: {
        ...{ title: 'File types', type: 'array', items: { type: 'string' }, position: 3 },
        description:
          'Download only files with these extensions, such as pdf, in this run. Leave it out for those set for the source; an empty list downloads no files.',
      },
    },
    required: ['source_id'],
    additionalProperties: false,
  };
}

export type ParsedParameters =
  | { readonly kind: 'valid'; readonly form: RunForm }
  /** One sentence that names the parameter. */
  | { readonly kind: 'invalid'; readonly error: string };

/**
 * The parameters of a flow run of this source. Prefect checks them too, but neither formats nor those of runs that are
 * not made from the deployment as it is now.
 */
export function parseParameters(given: unknown, sourceId: number): ParsedParameters {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return invalid('parameters', 'an object', given);
  const form: { limit: number | null; since: number | null; fileTypes: readonly string[] | null } = {
    ...{ limit: null, since: null, fileTypes: null },
  };
  for (const [name, value] of Object.entries(given)) {
    const error = readParameter(name, value, sourceId, form);
    if (error !== null) return error;
  }
  return { kind: 'valid', form };
}

type Form = { -readonly [Name in keyof RunForm]: RunForm[Name] };

/** Sets what one parameter says; returns what is wrong with it. */
function readParameter(name: string, value: unknown, sourceId: number, form: Form): ParsedParameters | null {
  if (isComputed(value))
    return invalid(name, 'a plain value, not one that Prefect computes (__prefect_kind)');
  if (name === 'source_id') {
    if (value === sourceId) return null;
    return invalid(name, `${sourceId}, as the deployment is that source's`, value);
  }
  if (!PARAMETERS.has(name)) return invalid(name, `one of ${[...PARAMETERS].join(', ')}`);
  if (value === null || value === undefined) return null;
  if (name === 'limit') {
    if (!Number.isSafeInteger(value) || Number(value) < 1)
      return invalid(name, 'a whole number of at least 1', value);
    form.limit = Number(value);
  }
  if (name === 'since') {
    const at = momentOf(value);
    if (at === null) return invalid(name, 'a date and time such as 2026-01-31T00:00:00Z', value);
    form.since = at;
  }
  return name === 'file_types' ? readFileTypes(value, form) : null;
}

const PARAMETERS: ReadonlySet<string> = new Set(['source_id', 'limit', 'since', 'file_types']);

function readFileTypes(value: unknown, form: Form): ParsedParameters | null {
  const isList =
    Array.isArray(value) && value.length <= 100 && value.every((type) => typeof type === 'string');
  if (!isList) return invalid('file_types', 'a list of extensions', value);
  try {
    form.fileTypes = normaliseFileTypes(value);
    return null;
  } catch (error) {
    if (error instanceof TeleGateError) return { kind: 'invalid', error: error.message };
    throw error;
  }
}

/** A value that Prefect would have replaced, had it hydrated it. */
function isComputed(value: unknown): boolean {
  return typeof value === 'object' && value !== null && JSON.stringify(value).includes('"__prefect_kind"');
}

const MOMENT = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/i;

/** A date, or a date and time; without a zone, in UTC. Null: neither. */
function momentOf(value: unknown): number | null {
  const [text, zone] = typeof value === 'string' ? (MOMENT.exec(value) ?? []) : [];
  if (text === undefined) return null;
  const isDate = text.length === 10;
  const at = Date.parse(`${text.replace(' ', 'T')}${isDate || zone !== undefined ? '' : 'Z'}`);
  return Number.isNaN(at) ? null : at;
}

const MAX_SHOWN_LENGTH = 60;

function invalid(name: string, expected: string, given?: unknown): ParsedParameters {
  const shown = given === undefined ? '' : `, not ${JSON.stringify(given).slice(0, MAX_SHOWN_LENGTH)}`;
  return { kind: 'invalid', error: `${name.slice(0, MAX_SHOWN_LENGTH)}: expected ${expected}${shown}` };
}
