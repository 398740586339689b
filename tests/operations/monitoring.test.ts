import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { pageAt } from '../documentation/pages.js';
import { DASHBOARD_FILE, dashboardText } from './dashboard.js';
import { ROWS } from './dashboard_panels.js';
import { describeWith, said } from './programs.js';
import { metricsOf, unservedIn } from './promql.js';
import { answers, type Metrics, servedMetrics } from './served_metrics.js';

const RULES_FILE = 'docs/operations/prometheus/telegate.rules.yml';
const RULES_TEST_FILE = 'tests/operations/telegate.rules.test.yml';
const PAGE = 'docs/operations/monitoring.md';

const alertSchema = z.strictObject({
  alert: z.string().regex(/^TeleGate[A-Z]\w+$/),
  expr: z.string(),
  for: z.string().regex(/^\d+[mh]$/),
  labels: z.strictObject({ severity: z.enum(['critical', 'warning']) }),
  annotations: z.strictObject({
    summary: z.string().max(150),
    description: z.string().min(40),
    runbook: z.string(),
  }),
});

const rulesSchema = z.object({ groups: z.array(z.object({ rules: z.array(alertSchema) })) });

const alerts = rulesSchema
  .parse(parse(readFileSync(RULES_FILE, 'utf8')))
  .groups.flatMap(({ rules }) => rules);
const queries = ROWS.flatMap(({ panels }) => panels.flatMap((panel) => panel.queries));

let metrics: Metrics;
let withPostgres: boolean;

beforeAll(async () => {
  withPostgres = await answers();
  metrics = await servedMetrics();
});

/** Without PostgreSQL, its connections are not served. */
const isServable = (query: string) => withPostgres || !query.includes('telegate_database_connections');

describe('the alerts', () => {
  it('each have a severity, a time, a summary, and a section that says what to do', () => {
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
    const anchors = [...pageAt(PAGE).anchors];
    for (const { alert, annotations } of alerts) {
      expect(annotations.runbook).toBe(`${PAGE}#${alert.toLowerCase()}`);
      expect(anchors).toContain(alert.toLowerCase());
    }
    expect(anchors.filter((anchor) => anchor.startsWith('telegate'))).toHaveLength(alerts.length);
  });

  it('watch pool, sessions, floods, queue, runs, disks, syncs, database, Prefect and replicas', () => {
    const watched = new Set(alerts.flatMap(({ expr }) => metricsOf(expr)));
    for (const metric of [
      ...['telegate_sessions', 'telegate_sessions_method_flooded', 'telegate_acquire_queue_length'],
      ...['telegate_runs', 'telegate_runs_ended_total', 'telegate_last_sync_timestamp_seconds'],
      ...['telegate_disk_free_bytes', 'telegate_database_up', 'telegate_prefect_up'],
      ...['telegate_prefect_outbox', 'telegate_build_info'],
    ])
      expect(watched).toContain(metric);
  });

  it('ask for nothing that the service does not serve', () => {
    for (const { alert, expr } of alerts.filter((one) => isServable(one.expr)))
      expect([alert, unservedIn(expr, metrics)]).toEqual([alert, []]);
  });

  it('each have a test in which they fire', () => {
    const text = readFileSync(RULES_TEST_FILE, 'utf8');
    for (const { alert } of alerts) expect(text).toContain(`alertname="${alert}"`);
  });
});

describe('the dashboard', () => {
  it('is what `npm run dashboard` writes', () => {
    expect(readFileSync(DASHBOARD_FILE, 'utf8')).toBe(dashboardText());
  });

  it('asks for nothing that the service does not serve', () => {
    expect(queries.length).toBeGreaterThan(30);
    for (const { expr } of queries.filter((one) => isServable(one.expr)))
      expect([expr, unservedIn(expr, metrics)]).toEqual([expr, []]);
  });

  it('shows every metric of the service', () => {
    const shown = new Set(queries.flatMap(({ expr }) => metricsOf(expr)));
    const families = [...metrics.keys()].filter((name) => name.startsWith('telegate_')).map(familyOf);
    expect(
      [...new Set(families)].filter((family) => ![...shown].some((name) => familyOf(name) === family)),
    ).toEqual([]);
  });

  it('places its panels side by side, none over another, all from the chosen data source', () => {
    const { panels, templating } = z
      .object({
        panels: z.array(
          z.object({
            id: z.number(),
            gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
            datasource: z.object({ uid: z.string() }).optional(),
            type: z.enum(['row', 'stat', 'timeseries']),
          }),
        ),
        templating: z.object({ list: z.array(z.object({ name: z.string() })) }),
      })
      .parse(JSON.parse(dashboardText()));
    expect(templating.list.map(({ name }) => name)).toEqual(['datasource', 'job', 'instance']);
    const taken = new Set<string>();
    for (const { gridPos, datasource, type } of panels) {
      expect(datasource?.uid).toBe(type === 'row' ? undefined : '$' + '{datasource}');
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(taken).not.toContain(`${x},${y}`);
          taken.add(`${x},${y}`);
        }
    }
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });
});

/** The metric of which a histogram's series are parts. */
function familyOf(name: string): string {
  return name.replace(/_(bucket|sum|count)$/, '');
}

describe('the page of metrics', () => {
  const page = readFileSync('docs/operations/metrics.md', 'utf8');
  const rows = page.matchAll(/^\| (`telegate_.+?) \| (.*?) ?\| (?:own|pool) \|/gm);
  const inCode = (cell: string) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
  const documented = [...rows].flatMap(([, names = '', labels = '']) =>
    inCode(names).map((name) => `${name} ${inCode(labels).sort()}`),
  );

  it('names every metric that the service serves, with its labels, and no other', () => {
    const served = new Map<string, Set<string>>();
    for (const [name, labels] of metrics) {
      if (!name.startsWith('telegate_')) continue;
      const known = served.get(familyOf(name)) ?? new Set();
      const own = [...labels.keys()].filter((label) => label !== 'le');
      served.set(familyOf(name), new Set([...known, ...own]));
    }
    if (!withPostgres) served.set('telegate_database_connections', new Set(['state']));
    const named = [...served].map(([name, labels]) => `${name} ${[...labels].sort()}`);
    expect(documented.sort()).toEqual(named.sort());
  });
});

describeWith(
  'promtool',
  '--version',
  'Debian: prometheus',
)('promtool', () => {
  it('accepts the rules', () => {
    expect(said('promtool', 'check', 'rules', RULES_FILE)).toMatchObject({ ok: true });
  });

  it('finds that nothing fires while all is well, and that each alert fires when it should', () => {
    expect(said('promtool', 'test', 'rules', RULES_TEST_FILE)).toMatchObject({ ok: true });
  });

  it('accepts the settings of Prometheus that the page shows', () => {
    const settings = pageAt(PAGE).blocks.find(({ language }) => language === 'yaml');
    inFile('prometheus.yml', settings?.text ?? '', (file) =>
      expect(said('promtool', 'check', 'config', '--syntax-only', file)).toMatchObject({ ok: true }),
    );
  });

  it('understands every query of the dashboard', () => {
    const rules = queries.map(({ expr }, at) => ({
      record: `query:${at}`,
      expr: expr.replaceAll('$__rate_interval', '1m'),
    }));
    const file = JSON.stringify({ groups: [{ name: 'dashboard', rules }] });
    inFile('dashboard.rules.yml', file, (path) =>
      expect(said('promtool', 'check', 'rules', path)).toMatchObject({ ok: true }),
    );
  });
});

function inFile(name: string, content: string, use: (path: string) => void): void {
  const directory = mkdtempSync(join(tmpdir(), 'monitoring-'));
  try {
    writeFileSync(join(directory, name), content);
    use(join(directory, name));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
