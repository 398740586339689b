import type { Config } from '../config.js';
import type { OPTIONAL_FEATURES, SettingsAnswer } from '../http/settings_routes.js';
import { readVersion } from '../kernel/project.js';

/** What admins may see of the settings; `startedAt`: in milliseconds since 1970. */
export function settingsAnswer(config: Config, startedAt: number): SettingsAnswer {
  return {
    service: {
      version: readVersion(),
      node: process.versions.node,
      database: config.database.kind,
      started_at: new Date(startedAt).toISOString(),
    },
    settings: config.shown.map(({ name, value, isSecret, isSet, isDefault }) => ({
      ...{ name, value, is_secret: isSecret, is_set: isSet, is_default: isDefault },
    })),
    features: FEATURES.map(({ isConfigured, ...feature }) => ({
      ...feature,
      settings: [...feature.settings],
      configured: isConfigured(config),
    })),
  };
}

interface Feature {
  readonly name: (typeof OPTIONAL_FEATURES)[number];
  readonly settings: readonly string[];
  readonly how_to: string;
  readonly isConfigured: (config: Config) => boolean;
}

const FEATURES: readonly Feature[] = [
  {
    name: 'telegram_application',
    settings: ['TELEGRAM_API_ID', 'TELEGRAM_API_HASH'],
    how_to:
      'Used for logins and sources that name no application. Create one at https://my.telegram.org and set both.',
    isConfigured: ({ telegramApiId, telegramApiHash }) => telegramApiId !== null && telegramApiHash !== null,
  },
  {
    name: 'https',
    settings: ['HSTS', 'TRUST_PROXY'],
    how_to: 'Put a reverse proxy with TLS in front of the service, name it in TRUST_PROXY, and set HSTS=on.',
    isConfigured: ({ hsts, trustedProxies }) => hsts && trustedProxies.length > 0,
  },
  {
    name: 'proxy',
    settings: ['DEFAULT_PROXY'],
    how_to:
      'The proxy of new sessions and logins: set DEFAULT_PROXY to, say, socks5://user:password@host:1080.',
    isConfigured: ({ defaultProxy }) => defaultProxy !== null,
  },
  {
    name: 'session_checks',
    settings: ['HEALTH_CRON'],
    how_to:
      'Asks Telegram whether idle sessions are still valid: set HEALTH_CRON to a cron expression such as 0 4 * * *.',
    isConfigured: ({ healthCron }) => healthCron !== 'off',
  },
  {
    name: 'egress',
    settings: ['EGRESS_PORT', 'EGRESS_HOST'],
    how_to:
      'Workers connect to Telegram through the service, and are cut off when their lease ends: set EGRESS_PORT to, say, 1080.',
    isConfigured: ({ egress }) => egress !== null,
  },
  {
    name: 'nas',
    settings: ['NAS_ROOT'],
    how_to: 'The target NAS: mount the share on every replica and set NAS_ROOT to its directory.',
    isConfigured: ({ nasRoot }) => nasRoot !== null,
  },
  {
    name: 's3',
    settings: ['S3_BUCKET', 'S3_ENDPOINT', 'S3_REGION', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'],
    how_to:
      'The target S3: set S3_BUCKET and the access key; S3_ENDPOINT as well for a server other than Amazon\u2019s.',
    isConfigured: ({ s3 }) => s3.bucket !== null,
  },
  {
    name: 'prefect',
    settings: ['PREFECT_API_URL', 'PREFECT_API_KEY', 'PREFECT_API_AUTH_STRING'],
    how_to: 'A Prefect server that owns schedules and runs: set PREFECT_API_URL to the address of its API.',
    isConfigured: ({ prefect }) => prefect !== null,
  },
  {
    name: 'replicas',
    settings: ['DATABASE_URL'],
    how_to:
      'Several replicas with one pool: copy the database to PostgreSQL (telegate db copy) and set DATABASE_URL.',
    isConfigured: ({ database }) => database.kind === 'postgres',
  },
];
