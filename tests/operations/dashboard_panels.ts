/** One curve, or one for each value of the labels that it keeps. */
export interface Query {
  /** The name of the curve; `{{label}}` is a label's value. */
  readonly legend: string;
  readonly expr: string;
}

export interface Panel {
  readonly title: string;
  /** What to read from it. */
  readonly description: string;
  /** Of Grafana's names: `short`, `s`, `bytes`, `percentunit`, … */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** In columns, of 24. */
  readonly width?: number;
  /** `stat` shows the last value as a number. */
  readonly kind?: 'timeseries' | 'stat';
  /** Whether the curves lie on top of each other. */
  readonly stacked?: boolean;
  /** Above the first value it turns yellow, above the second red; `falling`: below them. */
  readonly thresholds?: readonly [number, number] | { readonly falling: readonly [number, number] };
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** The job chosen at the top, of which there may be several. */
const J = 'job=~"$job"';

/** Only some replicas, chosen at the top. */
const I = `${J}, instance=~"$instance"`;

/** Sessions in these states. Each replica reports all of the pool. */
const sessions = (states: string) =>
  `sum(max by (job, state) (telegate_sessions{${J}, state=~"${states}"})) or vector(0)`;

const quantile = (q: number, histogram: string, labels = '') =>
  `histogram_quantile(${q}, sum by (le) (rate(${histogram}_bucket{${I}${labels}}[$__rate_interval])))`;

const NOW: Row = {
  title: 'Now',
  panels: [
    {
      ...{ title: 'Free', unit: 'short', kind: 'stat', width: 4 },
      description: 'Sessions that can be leased.',
      queries: [{ legend: 'free', expr: sessions('free') }],
      thresholds: { falling: [5, 1] },
    },
    {
      ...{ title: 'In use', unit: 'short', kind: 'stat', width: 4 },
      description: 'Sessions that a worker, or the service itself, holds.',
      queries: [{ legend: 'in use', expr: sessions('leased') }],
    },
    {
      ...{ title: 'Flood wait', unit: 'short', kind: 'stat', width: 4 },
      description: 'Sessions that Telegram has asked to wait.',
      queries: [{ legend: 'flooded', expr: sessions('flood') }],
    },
    {
      ...{ title: 'Dead or invalid', unit: 'short', kind: 'stat', width: 4 },
      description: 'Sessions that Telegram, a worker or an admin has taken out of the pool.',
      queries: [{ legend: 'dead or invalid', expr: sessions('dead|invalid') }],
    },
    {
      ...{ title: 'Waiting requests', unit: 'short', kind: 'stat', width: 4, thresholds: [1, 50] },
      description: 'Requests that wait for a session, at all replicas.',
      queries: [{ legend: 'waiting', expr: `max(telegate_acquire_queue_length{${J}})` }],
    },
    {
      ...{ title: 'Replicas', unit: 'short', kind: 'stat', width: 4 },
      description: 'Processes that are scraped, by version.',
      queries: [{ legend: '{{version}}', expr: `count by (version) (telegate_build_info{${J}})` }],
    },
  ],
};

const POOL: Row = {
  title: 'Pool',
  panels: [
    {
      ...{ title: 'Sessions by state', unit: 'short', stacked: true },
      description: 'All sessions. Only free ones are leased.',
      queries: [{ legend: '{{state}}', expr: `max by (state) (telegate_sessions{${J}}) > 0` }],
    },
    {
      ...{ title: 'Events of sessions', unit: 'cpm' },
      description: 'Per minute, without leases and releases.',
      queries: [
        {
          legend: '{{event}}',
          expr: `60 * max by (event) (rate(telegate_session_events_total{${J}, event!~"leased|released"}[$__rate_interval])) > 0`,
        },
      ],
    },
    {
      ...{ title: 'Flood waits by method', unit: 'cpm', stacked: true },
      description: 'Reported per minute; all: of the session as a whole.',
      queries: [
        {
          legend: '{{method}}',
          expr: `60 * sum by (method) (rate(telegate_flood_waits_total{${J}}[$__rate_interval])) > 0`,
        },
      ],
    },
    {
      ...{ title: 'Length of flood waits', unit: 's' },
      description:
        'How long Telegram asks to wait, on average, by method; and sessions flooded for one method.',
      queries: [
        {
          legend: '{{method}}',
          expr: `sum by (method) (rate(telegate_flood_wait_seconds_total{${J}}[$__rate_interval])) / (sum by (method) (rate(telegate_flood_waits_total{${J}}[$__rate_interval])) > 0)`,
        },
      ],
    },
    {
      ...{ title: 'Sessions flooded for one method', unit: 'short' },
      description: 'They are free for other methods.',
      queries: [{ legend: 'sessions', expr: `max(telegate_sessions_method_flooded{${J}})` }],
    },
    {
      ...{ title: 'Requests for channels', unit: 'short' },
      description:
        'Each minute: the session knows the channels (hit), has to resolve some (miss), or none may.',
      queries: [
        {
          legend: '{{outcome}}',
          expr: `60 * sum by (outcome) (rate(telegate_affinity_total{${J}}[$__rate_interval]))`,
        },
      ],
    },
    {
      ...{ title: 'Usernames resolved', unit: 'short' },
      description: 'Each hour: by the service, by workers that said so, or reserved for a lease.',
      queries: [
        {
          legend: '{{by}}',
          expr: `3600 * sum by (by) (rate(telegate_resolves_total{${J}}[$__rate_interval]))`,
        },
      ],
    },
    {
      ...{ title: 'Resolve budgets', unit: 'short' },
      description: 'Usernames that all sessions may still resolve, and sessions that may resolve none.',
      queries: [
        { legend: 'left', expr: `max(telegate_resolves_left{${J}})` },
        { legend: 'sessions used up', expr: `max(telegate_sessions_resolves_used_up{${J}})` },
      ],
    },
    {
      ...{ title: 'Sessions by the condition of their account', unit: 'short', stacked: true },
      description: 'Limited accounts read, frozen ones can only read, dead ones are lost.',
      queries: [
        { legend: '{{condition}}', expr: `max by (condition) (telegate_sessions_by_condition{${J}}) > 0` },
      ],
    },
    {
      ...{ title: 'Mean health score', unit: 'short' },
      description: 'Of all sessions, from 0 to 100; the hourly job computes it.',
      queries: [{ legend: 'score', expr: `max(telegate_sessions_mean_health_score{${J}})` }],
    },
    {
      ...{ title: 'Since the last sync', unit: 's', thresholds: [3900, 7500] },
      description: 'Of the whole of SESSIONS_DIR; and whether that is there (1 or 0).',
      queries: [
        {
          legend: 'last sync',
          expr: `time() - max(telegate_last_sync_timestamp_seconds{${J}})`,
        },
        { legend: 'directory {{instance}}', expr: `telegate_sessions_directory_up{${I}}` },
      ],
    },
  ],
};

const LEASING: Row = {
  title: 'Leasing',
  panels: [
    {
      ...{ title: 'Leases per second', unit: 'reqps' },
      description: 'Requests for a session, granted and refused.',
      queries: [
        {
          legend: '{{outcome}}',
          expr: `sum by (outcome) (rate(telegate_acquire_wait_seconds_count{${I}}[$__rate_interval]))`,
        },
      ],
    },
    {
      ...{ title: 'Time to a lease', unit: 's' },
      description: 'Of granted requests, the wait for a free session included.',
      queries: [0.5, 0.95, 0.99].map((q) => ({
        legend: `p${q * 100}`,
        expr: quantile(q, 'telegate_acquire_wait_seconds', ', outcome="granted"'),
      })),
    },
    {
      ...{ title: 'Waiting requests', unit: 'short' },
      description:
        'Workers that wait for a session. If it stays above 0, there are more workers than sessions.',
      queries: [{ legend: 'waiting', expr: `max(telegate_acquire_queue_length{${J}})` }],
    },
    {
      ...{ title: 'Calls without lease_id', unit: 'cpm' },
      description: 'Per minute, of older workers. At 0, LEASE_ID=required can be set.',
      queries: [
        {
          legend: '{{call}}',
          expr: `60 * sum by (call) (rate(telegate_calls_without_lease_id_total{${I}}[$__rate_interval]))`,
        },
      ],
    },
  ],
};

const EGRESS: Row = {
  title: 'Egress fence',
  panels: [
    {
      ...{ title: 'Connections through the fence', unit: 'short', width: 6 },
      description: 'Of workers to Telegram, and how many are made per minute. Empty without EGRESS_PORT.',
      queries: [
        { legend: 'open', expr: `sum(telegate_egress_connections{${I}})` },
        {
          legend: 'made per minute',
          expr: `60 * sum(rate(telegate_egress_connections_total{${I}}[$__rate_interval]))`,
        },
      ],
    },
    {
      ...{ title: 'Bytes through the fence', unit: 'Bps', width: 6 },
      description: 'Per second; up: to Telegram.',
      queries: [
        {
          legend: '{{direction}}',
          expr: `sum by (direction) (rate(telegate_egress_bytes_total{${I}}[$__rate_interval]))`,
        },
      ],
    },
    {
      ...{ title: 'Refused and cut', unit: 'cpm', width: 6 },
      description: 'Per minute, by reason. Bad credentials and other destinations are attempts to get out.',
      queries: [
        {
          legend: 'refused: {{reason}}',
          expr: `60 * sum by (reason) (rate(telegate_egress_refusals_total{${I}}[$__rate_interval])) > 0`,
        },
        {
          legend: 'cut: {{reason}}',
          expr: `60 * sum by (reason) (rate(telegate_egress_cuts_total{${I}}[$__rate_interval])) > 0`,
        },
      ],
    },
    {
      ...{ title: 'Bytes and connections of a lease', unit: 'short', width: 6 },
      description: 'Of 95 in 100 leases at their end, at most. Look at the session with more in its history.',
      queries: [
        {
          legend: 'bytes, {{direction}}',
          expr: `histogram_quantile(0.95, sum by (le, direction) (rate(telegate_egress_lease_bytes_bucket{${I}}[$__rate_interval])))`,
        },
        { legend: 'connections', expr: quantile(0.95, 'telegate_egress_lease_connections') },
      ],
    },
  ],
};

const RUNS: Row = {
  title: 'Runs of sources',
  panels: [
    {
      ...{ title: 'Runs by state', unit: 'short', stacked: true },
      description: 'Runs that have not ended.',
      queries: [{ legend: '{{state}}', expr: `max by (state) (telegate_runs{${J}})` }],
    },
    {
      ...{ title: 'Ended runs', unit: 'short', stacked: true },
      description: 'Within the last hour, by outcome.',
      queries: [
        {
          legend: '{{outcome}}',
          expr: `sum by (outcome) (increase(telegate_runs_ended_total{${J}}[1h]))`,
        },
      ],
    },
    {
      ...{ title: 'Messages per second', unit: 'short', width: 8 },
      description: 'Stored.',
      queries: [
        {
          legend: 'messages',
          expr: `sum(rate(telegate_scraped_messages_total{${J}}[$__rate_interval]))`,
        },
      ],
    },
    {
      ...{ title: 'Files per minute', unit: 'cpm', stacked: true, width: 8 },
      description: 'By what became of them.',
      queries: [
        {
          legend: '{{state}}',
          expr: `60 * sum by (state) (rate(telegate_scraped_files_total{${J}}[$__rate_interval]))`,
        },
      ],
    },
    {
      ...{ title: 'Bytes of files', unit: 'Bps', width: 8 },
      description: 'Stored per second.',
      queries: [{ legend: 'bytes', expr: `sum(rate(telegate_scraped_bytes_total{${J}}[$__rate_interval]))` }],
    },
    {
      ...{ title: 'Prefect', unit: 'short' },
      description:
        'What Prefect has not been told yet, and whether it can be used. Empty without PREFECT_API_URL.',
      queries: [
        { legend: '{{kind}} to tell', expr: `max by (kind) (telegate_prefect_outbox{${J}})` },
        { legend: 'up', expr: `min(telegate_prefect_up{${J}})` },
      ],
    },
  ],
};

const REQUESTS = `telegate_http_request_duration_seconds_count{${I}`;

const SERVICE: Row = {
  title: 'Service',
  panels: [
    {
      ...{ title: 'Requests per second', unit: 'reqps', stacked: true },
      description: 'By status. 503 means that no session is free, or that the database is away.',
      queries: [{ legend: '{{status}}', expr: `sum by (status) (rate(${REQUESTS}}[$__rate_interval]))` }],
    },
    {
      ...{ title: 'Internal errors', unit: 'cpm' },
      description: 'Per minute, by route: 5xx other than 503.',
      queries: [
        {
          legend: '{{method}} {{route}} {{status}}',
          expr: `60 * sum by (method, route, status) (rate(${REQUESTS}, status=~"5..", status!="503"}[$__rate_interval]))`,
        },
      ],
    },
    {
      ...{ title: 'Slowest routes', unit: 's' },
      description: 'p95 by route. Requests with wait= take as long as they wait.',
      queries: [
        {
          legend: '{{method}} {{route}}',
          expr: `topk(8, histogram_quantile(0.95, sum by (le, method, route) (rate(telegate_http_request_duration_seconds_bucket{${I}}[$__rate_interval]))))`,
        },
      ],
    },
    {
      ...{ title: 'CPU', unit: 'percentunit' },
      description: 'Of one processor: 1 is a whole one. The event loop uses one, threads use others.',
      queries: [
        {
          legend: '{{instance}}',
          expr: `rate(process_cpu_seconds_total{${I}}[$__rate_interval])`,
        },
      ],
    },
    {
      ...{ title: 'Memory', unit: 'bytes' },
      description: 'Of the process, and the part of it that is the heap of the main thread.',
      queries: [
        { legend: '{{instance}}', expr: `process_resident_memory_bytes{${I}}` },
        { legend: '{{instance}} heap', expr: `nodejs_heap_size_used_bytes{${I}}` },
      ],
    },
    {
      ...{ title: 'Delay of the event loop', unit: 's' },
      description: 'p99. Everything that is answered is late by this.',
      queries: [{ legend: '{{instance}}', expr: `nodejs_eventloop_lag_p99_seconds{${I}}` }],
    },
    {
      ...{ title: 'Open files and connections', unit: 'percentunit', thresholds: [0.6, 0.8] },
      description: 'Of those that the process may have.',
      queries: [{ legend: '{{instance}}', expr: `process_open_fds{${I}} / process_max_fds{${I}}` }],
    },
  ],
};

const STORAGE: Row = {
  title: 'Database and disks',
  panels: [
    {
      ...{ title: 'Database', unit: 's' },
      description: 'How long it takes to answer a small query. A gap: it is away.',
      queries: [{ legend: '{{instance}}', expr: `telegate_database_probe_seconds{${I}}` }],
    },
    {
      ...{ title: 'Database is up', unit: 'short' },
      description: '1, or 0 while it can’t be read and written.',
      queries: [{ legend: '{{instance}}', expr: `telegate_database_up{${I}}` }],
    },
    {
      ...{ title: 'Connections to PostgreSQL', unit: 'short' },
      description: 'Waiting: calls for which there is none. Empty with SQLite.',
      queries: [{ legend: '{{state}}', expr: `sum by (state) (telegate_database_connections{${I}})` }],
    },
    {
      ...{ title: 'Size of the SQLite file', unit: 'bytes' },
      description: 'With its write-ahead log. Empty with PostgreSQL.',
      queries: [{ legend: '{{instance}}', expr: `telegate_database_size_bytes{${I}}` }],
    },
    {
      ...{ title: 'Free space', unit: 'percentunit', thresholds: { falling: [0.2, 0.1] } },
      description: 'Of the disk of each directory.',
      queries: [
        {
          legend: '{{instance}} {{directory}}',
          expr: `telegate_disk_free_bytes{${I}} / telegate_disk_size_bytes{${I}}`,
        },
      ],
    },
  ],
};

/** What the dashboard shows, from top to bottom. */
export const ROWS: readonly Row[] = [NOW, POOL, LEASING, EGRESS, RUNS, SERVICE, STORAGE];
