import { type Panel, type Query, ROWS, type Row } from './dashboard_panels.js';

/** Where the dashboard is committed. */
export const DASHBOARD_FILE = 'docs/operations/grafana/telegate.json';

/** The version of the format that Grafana 10 writes; later ones upgrade it when they import it. */
const SCHEMA_VERSION = 38;

const COLUMNS = 24;
const HEIGHTS = { timeseries: 8, stat: 4, row: 1 } as const;

// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Grafana
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };

/** An element of the dashboard, placed. */
interface Placed {
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly [property: string]: unknown;
}

/** The dashboard as Grafana imports it, as text. */
export function dashboardText(): string {
  return `${JSON.stringify(dashboard(), null, 2)}\n`;
}

function dashboard(): object {
  return {
    uid: 'telegate',
    title: 'TeleGate',
    description: 'The pool of sessions, leasing, runs of sources, and the service itself.',
    tags: ['telegate'],
    schemaVersion: SCHEMA_VERSION,
    version: 1,
    editable: true,
    graphTooltip: 1,
    time: { from: 'now-6h', to: 'now' },
    timezone: 'browser',
    refresh: '30s',
    annotations: { list: [] },
    links: [],
    templating: { list: variables() },
    panels: placed(ROWS),
  };
}

function variables(): object[] {
  const labelled = (name: string, query: string, label: string) => ({
    ...{
      name,
      label,
      type: 'query',
      datasource: DATASOURCE,
      definition: query,
      query: { query, refId: name },
    },
    ...{ includeAll: true, multi: true, allValue: '.*', refresh: 2, sort: 1 },
    current: { selected: true, text: ['All'], value: ['$__all'] },
  });
  return [
    { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', refresh: 1 },
    labelled('job', 'label_values(telegate_build_info, job)', 'Job'),
    labelled('instance', 'label_values(telegate_build_info{job=~"$job"}, instance)', 'Replica'),
  ];
}

/** The panels of all rows, from left to right and from top to bottom. */
function placed(rows: readonly Row[]): Placed[] {
  const all: Placed[] = [];
  let y = 0;
  const add = (gridPos: Placed['gridPos'], properties: object) =>
    all.push({ id: all.length + 1, gridPos, ...properties });
  for (const { title, panels } of rows) {
    add({ x: 0, y, w: COLUMNS, h: HEIGHTS.row }, { type: 'row', title, collapsed: false, panels: [] });
    y += HEIGHTS.row;
    let x = 0;
    let height = 0;
    for (const panel of panels) {
      const { kind = 'timeseries', width: w = COLUMNS / 2 } = panel;
      if (x + w > COLUMNS) {
        x = 0;
        y += height;
        height = 0;
      }
      add({ x, y, w, h: HEIGHTS[kind] }, panelProperties(panel));
      x += w;
      height = Math.max(height, HEIGHTS[kind]);
    }
    y += height;
  }
  return all;
}

function panelProperties(panel: Panel): object {
  const { kind = 'timeseries', title, description, unit, queries } = panel;
  return {
    ...{ type: kind, title, description, datasource: DATASOURCE },
    targets: queries.map(target),
    fieldConfig: {
      defaults: {
        ...{ unit, min: 0, thresholds: thresholds(panel) },
        color: { mode: kind === 'stat' ? 'thresholds' : 'palette-classic' },
        ...(kind === 'timeseries' && { custom: curves(panel) }),
      },
      overrides: [],
    },
    options: kind === 'stat' ? STAT_OPTIONS : CURVE_OPTIONS,
  };
}

function target({ legend, expr }: Query, at: number): object {
  return {
    refId: String.fromCharCode('A'.charCodeAt(0) + at),
    ...{ datasource: DATASOURCE, editorMode: 'code', expr, legendFormat: legend, range: true },
  };
}

const STAT_OPTIONS = {
  ...{ colorMode: 'value', graphMode: 'area', textMode: 'auto', justifyMode: 'auto', orientation: 'auto' },
  reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
};

const CURVE_OPTIONS = {
  legend: { calcs: ['lastNotNull', 'max'], displayMode: 'table', placement: 'bottom', showLegend: true },
  tooltip: { mode: 'multi', sort: 'desc' },
};

function curves({ stacked = false, thresholds: limits }: Panel): object {
  return {
    ...{
      drawStyle: 'line',
      lineWidth: 1,
      fillOpacity: stacked ? 30 : 8,
      showPoints: 'never',
      spanNulls: false,
    },
    stacking: { mode: stacked ? 'normal' : 'none', group: 'A' },
    thresholdsStyle: { mode: limits ? 'dashed' : 'off' },
  };
}

function thresholds({ thresholds: limits }: Panel): object {
  const [base, ...steps] = thresholdSteps(limits);
  return { mode: 'absolute', steps: [{ color: base, value: null }, ...steps] };
}

type Step = { readonly color: string; readonly value: number };

function thresholdSteps(limits: Panel['thresholds']): [string, ...Step[]] {
  if (limits === undefined) return ['green'];
  if ('falling' in limits) {
    const [yellow, red] = limits.falling;
    return ['red', { color: 'yellow', value: red }, { color: 'green', value: yellow }];
  }
  const [yellow, red] = limits;
  return ['green', { color: 'yellow', value: yellow }, { color: 'red', value: red }];
}
