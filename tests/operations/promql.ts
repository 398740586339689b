import type { Metrics } from './served_metrics.js';

/** Labels that Prometheus adds to what it scrapes. */
const ADDED = ['job', 'instance'];

/** Labels whose values depend on what happens: the values in a query are not compared with those that were served. */
const OPEN = ['status', 'event', 'route', 'call', 'version'];

/**
 * What a query names that the service does not serve: metrics, labels, and values of labels; empty: nothing. `up` is
 * Prometheus' own.
 */
export function unservedIn(query: string, metrics: Metrics): string[] {
  const bare = query.replace(/"[^"]*"/g, '""');
  const names = metricsOf(query);
  const grouped = [...bare.matchAll(/\b(?:by|without|on|ignoring) \(([^)]*)\)/g)].flatMap(([, labels = '']) =>
    labels.split(',').map((label) => label.trim()),
  );
  const labels = new Set([...ADDED, ...names.flatMap((name) => [...(metrics.get(name)?.keys() ?? [])])]);
  return [
    ...names.filter((name) => !metrics.has(name)),
    ...grouped.filter((label) => !labels.has(label)),
    ...selectorsOf(query).flatMap((selector) => unservedBySelector(selector, metrics)),
  ];
}

interface Selector {
  readonly metric: string;
  readonly label: string;
  readonly operator: string;
  readonly value: string;
}

function selectorsOf(query: string): Selector[] {
  return [...query.matchAll(/\b([a-z_]+)\{([^}]*)\}/g)].flatMap(([, metric = '', matchers = '']) =>
    [...matchers.matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)].map(
      ([, label = '', operator = '', value = '']) => ({ metric, label, operator, value }),
    ),
  );
}

function unservedBySelector({ metric, label, operator, value }: Selector, metrics: Metrics): string[] {
  const labels = metrics.get(metric);
  if (labels === undefined || ADDED.includes(label)) return [];
  const values = labels.get(label);
  if (values === undefined) return [`${metric}{${label}}`];
  if (OPEN.includes(label)) return [];
  const wanted = operator.endsWith('~') ? value.split('|') : [value];
  return wanted.filter((one) => !values.has(one)).map((one) => `${metric}{${label}="${one}"}`);
}

/** The metrics that a query names, whether they are served or not. */
export function metricsOf(query: string): string[] {
  return [...query.replace(/"[^"]*"/g, '""').matchAll(/\b(?:telegate|process|nodejs)_[a-z_]+\b/g)].map(
    ([name]) => name,
  );
}
