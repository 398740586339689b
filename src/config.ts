import { hostname } from 'node:os';
import { join } from 'node:path';
import type { BootstrapKey } from './access/bootstrap_keys.js';
import type { ProxyAddress } from './kernel/proxy.js';
import { redactText } from './kernel/redact.js';
import type { S3Config } from './scraping/sinks/s3_bucket.js';
import type { SessionsPerRun } from './scraping/split/rules.js';
import {
  SECRET_SETTINGS,
  type Settings,
  type ShownSetting,
  settingsSchema,
  shownSettings,
} from './settings.js';
import type { DatabaseTarget } from './storage/database_url.js';

/** How sources are scraped. */
export interface ScrapingConfig {
  /** Larger files are recorded but not stored. */
  readonly maxFileBytes: number;
  /** The longest flood wait that a run sleeps through, in seconds; for a longer one it switches sessions. */
  readonly floodSleepMaxSeconds: number;
  /** How many sessions may read for one run at once; `auto`: as many as are idle. */
  readonly sessionsPerRun: SessionsPerRun;
  /** Over all replicas; with Prefect, in each process. */
  readonly maxConcurrentRuns: number;
  readonly runLogDays: number;
}

/** The Prefect server that owns the schedules and the queue of runs. URLs do not end in a slash. */
export interface PrefectConfig {
  /** Ends in `/api`, as a rule. */
  readonly apiUrl: string;
  /** For Prefect Cloud; never set together with `authString`. */
  readonly apiKey: string | null;
  /** `USER:PASSWORD`, for a server of one's own. */
  readonly authString: string | null;
  readonly workPool: string;
  /** Where its user interface is, for links. */
  readonly uiUrl: string;
}

/** Where workers connect to Telegram through this service. */
export interface EgressConfig {
  /** 0: any free one. */
  readonly port: number;
  /** The host that workers are told. */
  readonly host: string;
}

/** All settings, frozen (except the bytes of keys, which JavaScript can't freeze). Paths are absolute. */
export interface Config {
  /** 0: any free one. */
  readonly port: number;
  readonly host: string;
  /** Null: workers connect to Telegram themselves. */
  readonly egress: EgressConfig | null;
  readonly dataDir: string;
  /** From `DATABASE_URL`, or the file `telegate.db` in `dataDir`. */
  readonly database: DatabaseTarget;
  readonly sessionsDir: string;
  /** Empty: none was set. */
  readonly apiKeys: readonly BootstrapKey[];
  /** 32 bytes each, newest first. Empty: none was set. */
  readonly encryptionKeys: readonly Uint8Array[];
  /** Whether to start without a lost database or key; nothing is deleted. */
  readonly beginAnew: boolean;
  readonly leaseTtlSeconds: number;
  /** Whether a call about a session must name its lease. */
  readonly leaseId: Settings['LEASE_ID'];
  readonly reaperIntervalSeconds: number;
  /** Whether this replica has `sessionsDir` and syncs it; if not, others do. */
  readonly syncs: boolean;
  /** How changes in `sessionsDir` are detected: by events of the file system, or by polling. */
  readonly sessionsWatch: Settings['SESSIONS_WATCH'];
  /** A cron expression, or `off`. */
  readonly syncCron: string;
  /** A cron expression, or `off`. */
  readonly healthCron: string;
  readonly sessionCheck: Settings['SESSION_CHECK'];
  readonly sessionFileMaxBytes: number;
  readonly historyMaxRows: number;
  /** How long the audit log is kept, in days. */
  readonly auditDays: number;
  /** How many usernames each session may resolve within 24 hours. */
  readonly resolvesPerDay: number;
  readonly defaultProxy: ProxyAddress | null;
  readonly logLevel: Settings['LOG_LEVEL'];
  /** `*`, `loopback` (pages on loopback addresses), or origins without a path. Empty: no other site may call. */
  readonly corsOrigins: readonly string[];
  /** TLS is terminated in front of the service, and browsers are told to use only HTTPS. */
  readonly hsts: boolean;
  /** Trusted proxies: addresses, networks or `loopback`. Empty: none. */
  readonly trustedProxies: readonly string[];
  readonly telegramApiId: number | null;
  readonly telegramApiHash: string | null;
  readonly otpTtlMinutes: number;
  readonly nasRoot: string | null;
  readonly s3: S3Config;
  readonly scraping: ScrapingConfig;
  /** Null: the sources run on the schedules of this service. */
  readonly prefect: PrefectConfig | null;
  /** Where a worker without the API answers /health and /metrics. 0: any free port. */
  readonly workerPort: number;
  /** What admins may see of the settings. */
  readonly shown: readonly ShownSetting[];
}

/** Invalid settings. The message lists all of them, one per line, and contains no secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads the settings from `env`; an empty value counts as unset, and relative paths are relative to the working
 * directory.
 *
 * @throws ConfigError that lists every wrong setting.
 */
export function loadConfig(env: Record<string, string | undefined>): Config {
  const given: Record<string, string> = {};
  for (const name of Object.keys(settingsSchema.shape)) {
    const value = env[name]?.trim();
    if (value) given[name] = value;
  }
  const result = settingsSchema.safeParse(given);
  if (result.success) return deepFreeze(toConfig(result.data));
  const lines = result.error.issues.map(({ path: [name], message }) => {
    const variable = String(name);
    return `  ${variable}: given ${show(variable, given[variable] ?? '')}, expected ${message}`;
  });
  throw new ConfigError(['Invalid settings:', ...lines].join('\n'));
}

const MAX_SHOWN_LENGTH = 100;

function show(name: string, value: string): string {
  if (SECRET_SETTINGS.has(name)) return '(not shown: secret)';
  const text = redactText(value);
  return JSON.stringify(text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH)}…` : text);
}

function toConfig(settings: Settings): Config {
  return {
    port: settings.PORT,
    host: settings.HOST,
    egress: egressConfig(settings),
    dataDir: settings.DATA_DIR,
    database: databaseTarget(settings),
    sessionsDir: settings.SESSIONS_DIR,
    apiKeys: settings.API_KEYS,
    encryptionKeys: settings.ENCRYPTION_KEYS,
    beginAnew: settings.BEGIN_ANEW === 'on',
    leaseTtlSeconds: settings.LEASE_TTL_SECONDS,
    leaseId: settings.LEASE_ID,
    reaperIntervalSeconds: settings.REAPER_INTERVAL_SECONDS,
    syncs: settings.SESSIONS_SYNC === 'on',
    sessionsWatch: settings.SESSIONS_WATCH,
    syncCron: settings.SYNC_CRON,
    healthCron: settings.HEALTH_CRON,
    sessionCheck: settings.SESSION_CHECK,
    sessionFileMaxBytes: settings.SESSION_FILE_MAX_BYTES,
    historyMaxRows: settings.HISTORY_MAX_ROWS,
    auditDays: settings.AUDIT_DAYS,
    resolvesPerDay: settings.RESOLVE_BUDGET_PER_DAY,
    defaultProxy: settings.DEFAULT_PROXY,
    logLevel: settings.LOG_LEVEL,
    corsOrigins: settings.CORS_ORIGINS,
    hsts: settings.HSTS === 'on',
    trustedProxies: settings.TRUST_PROXY,
    telegramApiId: settings.TELEGRAM_API_ID,
    telegramApiHash: settings.TELEGRAM_API_HASH,
    otpTtlMinutes: settings.OTP_TTL_MINUTES,
    nasRoot: settings.NAS_ROOT,
    s3: s3Config(settings),
    scraping: scrapingConfig(settings),
    prefect: prefectConfig(settings),
    workerPort: settings.WORKER_PORT,
    shown: shownSettings(settings),
  };
}

function s3Config(settings: Settings): Config['s3'] {
  return {
    endpoint: settings.S3_ENDPOINT,
    region: settings.S3_REGION,
    bucket: settings.S3_BUCKET,
    accessKeyId: settings.S3_ACCESS_KEY_ID,
    secretAccessKey: settings.S3_SECRET_ACCESS_KEY,
    forcePathStyle: (settings.S3_FORCE_PATH_STYLE ?? (settings.S3_ENDPOINT ? 'on' : 'off')) === 'on',
  };
}

function scrapingConfig(settings: Settings): ScrapingConfig {
  return {
    maxFileBytes: settings.MAX_FILE_BYTES,
    floodSleepMaxSeconds: settings.FLOOD_SLEEP_MAX_SECONDS,
    sessionsPerRun: settings.MAX_SESSIONS_PER_RUN,
    maxConcurrentRuns: settings.MAX_CONCURRENT_RUNS,
    runLogDays: settings.RUN_LOG_DAYS,
  };
}

/** A service that listens at every address is reached by the name of its machine, unless told otherwise. */
function egressConfig({ EGRESS_PORT: port, EGRESS_HOST, HOST }: Settings): EgressConfig | null {
  if (port === null) return null;
  const isAny = HOST === '0.0.0.0' || HOST === '::';
  return { port, host: EGRESS_HOST ?? (isAny ? hostname() : HOST) };
}

function prefectConfig(settings: Settings): PrefectConfig | null {
  const apiUrl = settings.PREFECT_API_URL;
  if (apiUrl === null) return null;
  return {
    apiUrl,
    apiKey: settings.PREFECT_API_KEY,
    authString: settings.PREFECT_API_AUTH_STRING,
    workPool: settings.PREFECT_WORK_POOL,
    uiUrl: settings.PREFECT_UI_URL ?? apiUrl.replace(/\/api$/, ''),
  };
}

function databaseTarget(settings: Settings): DatabaseTarget {
  const named = settings.DATABASE_URL ?? { kind: 'sqlite', file: join(settings.DATA_DIR, 'telegate.db') };
  if (named.kind === 'sqlite') return named;
  return {
    ...named,
    connections: settings.DATABASE_CONNECTIONS,
    statementTimeoutMs: settings.DATABASE_TIMEOUT_SECONDS * 1000,
  };
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
