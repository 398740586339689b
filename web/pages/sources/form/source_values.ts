import type { Answer, Body } from '../../../api/client.js';
import type { Source, Target } from '../../../api/sources.js';

/** What is filled in, as text. */
export interface SourceValues {
  readonly identifier: string;
  readonly access_level: Source['access_level'];
  /** The id of the session; empty: none. */
  readonly session: string;
  readonly name: string;
  readonly channel_title: string;
  readonly target: Target;
  readonly target_path: string;
  readonly files: 'all' | 'some' | 'none';
  readonly file_types: string;
  readonly schedule: string;
  readonly at_once: boolean;
  readonly api_id: string;
  readonly api_hash: string;
  readonly bot_token: string;
}

export type Field = keyof SourceValues;

/** What the form begins with, by the parameters of the address. */
export type Prefilled = Pick<SourceValues, 'access_level' | 'identifier' | 'channel_title' | 'session'>;

/** What is wrong with fields, in words. */
export type FieldErrors = Readonly<Partial<Record<Field, string>>>;

/** What Telegram says of the channel. */
export type FoundChannel = NonNullable<Answer<'post', '/sources/check'>['channel']>;

/** Never stored with a draft. */
export const SECRETS: readonly Field[] = ['api_hash', 'bot_token'];

/** The field of the form that shows an error, by the API's name of it. */
export const FIELD_OF: Readonly<Record<string, Field>> = {
  identifier: 'identifier',
  channel_username: 'identifier',
  channel_id: 'identifier',
  session_id: 'session',
  session_ref: 'session',
  name: 'name',
  channel_title: 'channel_title',
  target: 'target',
  target_path: 'target_path',
  file_types: 'file_types',
  schedule: 'schedule',
  api_id: 'api_id',
  api_hash: 'api_hash',
  bot_token: 'bot_token',
};

/** An empty form. */
export const EMPTY: SourceValues = {
  ...{ identifier: '', access_level: 'public', session: '', name: '', channel_title: '' },
  ...{ target: 'LOCAL', target_path: '', files: 'all', file_types: '', schedule: '', at_once: true },
  ...{ api_id: '', api_hash: '', bot_token: '' },
};

/** A source as it is filled in; secrets are never shown again. */
export function valuesOf(source: Source): SourceValues {
  const { file_types: types } = source;
  return {
    ...EMPTY,
    identifier: source.identifier,
    access_level: source.access_level,
    session: source.session_id === null ? '' : String(source.session_id),
    name: source.name,
    channel_title: source.channel_title ?? '',
    target: source.target,
    target_path: source.target_path ?? '',
    files: types === null ? 'all' : types.length === 0 ? 'none' : 'some',
    file_types: types?.join(', ') ?? '',
    schedule: source.schedule ?? '',
    api_id: source.api_id === null ? '' : String(source.api_id),
  };
}

type Sent = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** All fields as the API takes them; an empty one is cleared. */
function sentOf(values: SourceValues): Sent {
  const text = (value: string) => value.trim();
  const number = (value: string) => (text(value) === '' ? '' : Number(value));
  return {
    name: text(values.name),
    identifier: text(values.identifier),
    access_level: values.access_level,
    session_id: number(values.session),
    channel_title: text(values.channel_title),
    target: values.target,
    target_path: text(values.target_path),
    file_types: values.files === 'all' ? '' : values.files === 'none' ? [] : typesOf(values.file_types),
    schedule: text(values.schedule),
    api_id: number(values.api_id),
    api_hash: text(values.api_hash),
    bot_token: text(values.bot_token),
  };
}

/** The request for a new source: only what was filled in. */
export function newBody(values: SourceValues): Body<'post', '/sources'> {
  const given = Object.entries(sentOf(values)).filter(([, value]) => value !== '');
  const body: unknown = { ...Object.fromEntries(given), is_active: values.at_once };
  return body as Body<'post', '/sources'>;
}

/** The request for a change: only what differs; null: nothing does. */
export function changeBody(before: SourceValues, after: SourceValues): Body<'put', '/sources/{id}'> | null {
  const unchanged = sentOf(before);
  const changed = Object.entries(sentOf(after)).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(unchanged[name]),
  );
  const body: unknown = Object.fromEntries(changed);
  return changed.length === 0 ? null : (body as Body<'put', '/sources/{id}'>);
}

/** Extensions as they are typed: separated by commas or spaces. */
function typesOf(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}
