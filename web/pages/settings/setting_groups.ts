/** The settings by what they are about, in the order of the page. */
export const GROUPS = {
  service: ['HOST', 'PORT', 'DATA_DIR', 'LOG_LEVEL', 'WORKER_PORT'],
  database: ['DATABASE_URL', 'DATABASE_CONNECTIONS', 'DATABASE_TIMEOUT_SECONDS', 'BEGIN_ANEW'],
  access: ['API_KEYS', 'ENCRYPTION_KEYS', 'AUDIT_DAYS', 'CORS_ORIGINS', 'HSTS', 'TRUST_PROXY'],
  pool: [
    'LEASE_TTL_SECONDS',
    'LEASE_ID',
    'RESOLVE_BUDGET_PER_DAY',
    'REAPER_INTERVAL_SECONDS',
    'HISTORY_MAX_ROWS',
    'HEALTH_CRON',
  ],
  egress: ['EGRESS_PORT', 'EGRESS_HOST'],
  files: [
    'SESSIONS_DIR',
    'SESSIONS_SYNC',
    'SESSIONS_WATCH',
    'SYNC_CRON',
    'SESSION_CHECK',
    'SESSION_FILE_MAX_BYTES',
    'DEFAULT_PROXY',
  ],
  telegram: ['TELEGRAM_API_ID', 'TELEGRAM_API_HASH', 'OTP_TTL_MINUTES'],
  sources: [
    'MAX_CONCURRENT_RUNS',
    'MAX_SESSIONS_PER_RUN',
    'FLOOD_SLEEP_MAX_SECONDS',
    'MAX_FILE_BYTES',
    'RUN_LOG_DAYS',
    'NAS_ROOT',
  ],
  s3: [
    'S3_BUCKET',
    'S3_ENDPOINT',
    'S3_REGION',
    'S3_ACCESS_KEY_ID',
    'S3_SECRET_ACCESS_KEY',
    'S3_FORCE_PATH_STYLE',
  ],
  prefect: [
    'PREFECT_API_URL',
    'PREFECT_UI_URL',
    'PREFECT_WORK_POOL',
    'PREFECT_API_KEY',
    'PREFECT_API_AUTH_STRING',
  ],
} as const;

export type Group = keyof typeof GROUPS;
export type SettingName = (typeof GROUPS)[Group][number];

/** The lines that configure each part of the service, as an example. */
export const LINES = {
  telegram_application: ['TELEGRAM_API_ID=12345', 'TELEGRAM_API_HASH=0123456789abcdef0123456789abcdef'],
  https: ['TRUST_PROXY=loopback', 'HSTS=on'],
  proxy: ['DEFAULT_PROXY=socks5://user:password@host:1080'],
  session_checks: ['HEALTH_CRON=0 4 * * *'],
  egress: ['EGRESS_PORT=1080', 'EGRESS_HOST=telegate.internal'],
  nas: ['NAS_ROOT=/mnt/nas'],
  s3: ['S3_BUCKET=scraped', 'S3_REGION=eu-central-1', 'S3_ACCESS_KEY_ID=…', 'S3_SECRET_ACCESS_KEY=…'],
  prefect: ['PREFECT_API_URL=http://localhost:4200/api'],
  replicas: ['DATABASE_URL=postgres://user:password@host:5432/telegate'],
} as const;
