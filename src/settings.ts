import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';
import { parseBootstrapKeys } from './access/bootstrap_keys.js';
import { parseEncryptionKeys } from './access/encryption_key.js';
import { isSchedule } from './jobs/scheduler.js';
import { parseTrustedProxies } from './kernel/client_address.js';
import { LOG_LEVELS } from './kernel/logging.js';
import { parseProxyUrl } from './kernel/proxy.js';
import { redactText } from './kernel/redact.js';
import { MAX_READERS, type SessionsPerRun } from './scraping/split/rules.js';
import { parseDatabaseUrl } from './storage/database_url.js';

/** Settings whose value is never shown, not even when it is wrong. */
export const SECRET_SETTINGS: ReadonlySet<string> = new Set([
  'API_KEYS',
  'ENCRYPTION_KEYS',
  'DATABASE_URL',
  'DEFAULT_PROXY',
  'TELEGRAM_API_HASH',
  'S3_ACCESS_KEY_ID',
  'S3_SECRET_ACCESS_KEY',
  'PREFECT_API_KEY',
  'PREFECT_API_AUTH_STRING',
]);

const WORK_POOL_NAME =
  'the name of a work pool: no blanks, none of / % & > <, and not beginning with "prefect"';

/**
 * Every setting by the name of its variable: reads the text given for it, fills in its default, and says in
 * each issue's message what was wanted. No message holds the value.
 */
export const settingsSchema = z
  .object({
    PORT: wholeNumber(0, 65_535).default(8000),
    HOST: text(/^[^\s/]+$/, 'a host name or an address to listen on').default('0.0.0.0'),
    EGRESS_PORT: wholeNumber(0, 65_535).nullable().default(null),
    EGRESS_HOST: z
      .string()
      .refine(isHost, 'the host name or the address, without a port, at which workers reach EGRESS_PORT')
      .nullable()
      .default(null),
    DATA_DIR: z.string().default('./data').transform(absolute),
    DATABASE_URL: parsed(parseDatabaseUrl).nullable().default(null),
    DATABASE_CONNECTIONS: wholeNumber(2, 500).default(10),
    DATABASE_TIMEOUT_SECONDS: wholeNumber(1, 600).default(15),
    SESSIONS_DIR: z.string().default('./sessions').transform(absolute),
    API_KEYS: parsed(parseBootstrapKeys).default([]),
    ENCRYPTION_KEYS: parsed(parseEncryptionKeys).default([]),
    BEGIN_ANEW: oneOf(['on', 'off']).default('off'),
    LEASE_TTL_SECONDS: wholeNumber(1, 86_400).default(10_800),
    LEASE_ID: oneOf(['required', 'compatible']).default('compatible'),
    REAPER_INTERVAL_SECONDS: wholeNumber(1, 3600).default(30),
    SESSIONS_SYNC: oneOf(['on', 'off']).default('on'),
    SESSIONS_WATCH: oneOf(['native', 'poll']).default('native'),
    SYNC_CRON: z.string().refine(isScheduleOrOff, 'a cron expression, or off').default('0 * * * *'),
    HEALTH_CRON: z.string().refine(isScheduleOrOff, 'a cron expression, or off').default('off'),
    SESSION_CHECK: oneOf(['lenient', 'strict']).default('lenient'),
    SESSION_FILE_MAX_BYTES: wholeNumber(1, 2 ** 31 - 1).default(64 * 2 ** 20),
    HISTORY_MAX_ROWS: wholeNumber(1, 1_000_000_000).default(1_000_000),
    AUDIT_DAYS: wholeNumber(1, 3650).default(365),
    RESOLVE_BUDGET_PER_DAY: wholeNumber(1, 1000).default(150),
    DEFAULT_PROXY: parsed(parseProxyUrl).nullable().default(null),
    LOG_LEVEL: oneOf(LOG_LEVELS).default('info'),
    CORS_ORIGINS: parsed(parseOrigins).default(['loopback']),
    HSTS: oneOf(['on', 'off']).default('off'),
    TRUST_PROXY: parsed(parseTrustedProxies).default([]),
    TELEGRAM_API_ID: wholeNumber(1, 2 ** 31 - 1)
      .nullable()
      .default(null),
    TELEGRAM_API_HASH: text(/^[0-9a-f]{32}$/i, '32 hexadecimal digits')
      .nullable()
      .default(null),
    OTP_TTL_MINUTES: wholeNumber(1, 60).default(5),
    NAS_ROOT: z.string().transform(absolute).nullable().default(null),
    S3_ENDPOINT: webAddress().nullable().default(null),
    S3_REGION: text(/^\S+$/, 'a region').nullable().default(null),
    S3_BUCKET: text(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "a bucket's name")
      .nullable()
      .default(null),
    S3_ACCESS_KEY_ID: text(/^\S+$/, 'an access key id').nullable().default(null),
    S3_SECRET_ACCESS_KEY: text(/^\S+$/, 'a secret access key').nullable().default(null),
    S3_FORCE_PATH_STYLE: oneOf(['on', 'off']).nullable().default(null),
    MAX_FILE_BYTES: wholeNumber(1, 2 ** 42).default(2 ** 31),
    FLOOD_SLEEP_MAX_SECONDS: wholeNumber(0, 3600).default(30),
    MAX_SESSIONS_PER_RUN: sessionsPerRun().default(1),
    MAX_CONCURRENT_RUNS: wholeNumber(0, 100).default(4),
    RUN_LOG_DAYS: wholeNumber(1, 3650).default(30),
    PREFECT_API_URL: webAddress()
      .refine(hasNoCredentials, 'no user and password in it: those belong in PREFECT_API_AUTH_STRING')
      .transform(withoutSlashAtTheEnd)
      .nullable()
      .default(null),
    PREFECT_API_KEY: text(/^[\x21-\x7e]+$/, 'a key without blanks, of printable ASCII')
      .nullable()
      .default(null),
    PREFECT_API_AUTH_STRING: text(/^[^:\p{Cc}]+:[^\p{Cc}]*$/u, 'USER:PASSWORD')
      .nullable()
      .default(null),
    PREFECT_WORK_POOL: text(/^(?!prefect)[^/%&><\s\p{Cc}]{1,100}$/iu, WORK_POOL_NAME).default('telegate'),
    PREFECT_UI_URL: webAddress().transform(withoutSlashAtTheEnd).nullable().default(null),
    WORKER_PORT: wholeNumber(0, 65_535).default(8001),
  })
  .refine(({ PREFECT_API_KEY, PREFECT_API_AUTH_STRING }) => !PREFECT_API_KEY || !PREFECT_API_AUTH_STRING, {
    path: ['PREFECT_API_AUTH_STRING'],
    error: 'nothing beside PREFECT_API_KEY: a server takes one of them',
    when: areSound('PREFECT_API_KEY', 'PREFECT_API_AUTH_STRING'),
  })
  .refine(({ PORT, EGRESS_PORT }) => EGRESS_PORT === null || EGRESS_PORT === 0 || EGRESS_PORT !== PORT, {
    path: ['EGRESS_PORT'],
    error: 'another port than PORT, which the API has',
    when: areSound('PORT', 'EGRESS_PORT'),
  })
  .refine(({ SESSIONS_SYNC, DATABASE_URL }) => SESSIONS_SYNC === 'on' || DATABASE_URL?.kind === 'postgres', {
    path: ['SESSIONS_SYNC'],
    error: 'on: other processes can sync the session files only if DATABASE_URL is postgres://',
    when: areSound('SESSIONS_SYNC', 'DATABASE_URL'),
  });

/** What the settings' texts were read as, by the name of the variable. */
export type Settings = z.infer<typeof settingsSchema>;

/** What admins may see of a setting. */
export interface ShownSetting {
  readonly name: string;
  /** Null: not set, or secret. */
  readonly value: string | number | null;
  readonly isSecret: boolean;
  /** Whether it has a value, of its own or by default. */
  readonly isSet: boolean;
  readonly isDefault: boolean;
}

/** All settings by name, without the values of secrets. */
export function shownSettings(settings: Settings): ShownSetting[] {
  const defaults = settingsSchema.parse({});
  return Object.entries(settings).map(([name, value]) => {
    const isSecret = SECRET_SETTINGS.has(name);
    const isDefault = JSON.stringify(value) === JSON.stringify(Reflect.get(defaults, name));
    const isSet = value !== null && !(Array.isArray(value) && value.length === 0);
    return { name, value: isSecret || !isSet ? null : shownValue(value), isSecret, isSet, isDefault };
  });
}

function shownValue(value: unknown): string | number {
  if (typeof value === 'number') return value;
  return redactText(Array.isArray(value) ? value.join(',') : String(value));
}

function wholeNumber(min: number, max: number) {
  const wanted = `a whole number from ${min} to ${max}`;
  const inRange = (value: string) => /^\d{1,15}$/.test(value) && Number(value) >= min && Number(value) <= max;
  return z.string().refine(inRange, wanted).transform(Number);
}

function sessionsPerRun() {
  const wanted = `auto, or a whole number from 1 to ${MAX_READERS}`;
  const inRange = (value: string) =>
    /^\d{1,2}$/.test(value) && Number(value) >= 1 && Number(value) <= MAX_READERS;
  return z
    .string()
    .refine((value) => value === 'auto' || inRange(value), wanted)
    .transform((value): SessionsPerRun => (value === 'auto' ? 'auto' : Number(value)));
}

/** Whether these settings are right by themselves, whatever the others are: only then they are compared. */
function areSound(...names: string[]) {
  return ({ issues }: z.core.ParsePayload) =>
    !issues.some(({ path = [] }) => names.includes(String(path[0])));
}

/** An address, or a name of at most 253 characters (RFC 1035, section 2.3.4). */
function isHost(text: string): boolean {
  return isIP(text) !== 0 || /^(?=.{1,253}$)[\p{L}\p{N}_]([\p{L}\p{N}_.-]*[\p{L}\p{N}_])?\.?$/u.test(text);
}

function text(shape: RegExp, wanted: string) {
  return z.string().regex(shape, wanted);
}

function oneOf<const T extends readonly string[]>(values: T) {
  return z.enum(values, `one of ${values.join(', ')}`);
}

function webAddress() {
  return z.url({ protocol: /^https?$/, error: 'an http or https URL' });
}

/** fetch refuses such a URL, and it would be logged. */
function hasNoCredentials(url: string): boolean {
  const { username, password } = new URL(url);
  return username === '' && password === '';
}

function withoutSlashAtTheEnd(url: string): string {
  return url.replace(/\/+$/, '');
}

/** Turns what `parse` throws into the setting's issue. */
function parsed<T>(parse: (value: string) => T) {
  return z.string().transform((value, context) => {
    try {
      return parse(value);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
      return z.NEVER;
    }
  });
}

function absolute(path: string): string {
  return resolve(path);
}

function isScheduleOrOff(value: string): boolean {
  return value === 'off' || isSchedule(value);
}

function parseOrigins(list: string): string[] {
  const origins = list.split(',').map((entry) => entry.trim());
  if (list.trim() === 'none') return [];
  return origins.filter((origin) => {
    if (origin === '*' || origin === 'loopback') return true;
    if (origin === '') return false;
    if (URL.canParse(origin) && new URL(origin).origin === origin) return true;
    throw new Error(
      'none, or a comma-separated list of *, loopback, or origins such as https://example.com, without a path',
    );
  });
}
