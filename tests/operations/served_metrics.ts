import { tmpdir } from 'node:os';
import { freePort } from '../service/free_port.js';
import { type Service, some, withService } from '../service/service.js';
import { onServer } from '../storage/server.js';

/** The labels of each metric, and the values that these have. */
export type Metrics = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;

/** What the service answers to Prometheus, with every feature switched on that has metrics. */
export async function servedMetrics(): Promise<Metrics> {
  const settings = {
    ...{ EGRESS_PORT: '0', HOST: '127.0.0.1', NAS_ROOT: tmpdir() },
    PREFECT_API_URL: `http://127.0.0.1:${await freePort()}/api`,
  };
  const texts: string[] = [];
  const read = async (service: Service) => {
    const { session_id } = await service.lease();
    await service.as('worker').post('/release').send({ session_id }).expect(200);
    await service.container.healthScores.round();
    texts.push((await service.as('monitor').get('/metrics').expect(200)).text);
  };
  await withService(read, { settings, files: some(2), database: 'sqlite' })();
  if (await answers()) await withService(read, { files: some(2), database: 'postgres' })();
  return metricsIn(texts.join('\n'));
}

/** Whether there is a PostgreSQL server for tests. Without one, its connections are not among the metrics. */
export function answers(): Promise<boolean> {
  return onServer('SELECT 1').then(
    () => true,
    () => false,
  );
}

/** Reads Prometheus' text format. */
function metricsIn(text: string): Metrics {
  const metrics = new Map<string, Map<string, Set<string>>>();
  for (const [, name = '', labels = ''] of text.matchAll(/^([a-z_]+)(?:\{(.*)\})? [^ ]+$/gm)) {
    const known = metrics.get(name) ?? new Map<string, Set<string>>();
    metrics.set(name, known);
    for (const [, label = '', value = ''] of labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g))
      known.set(label, (known.get(label) ?? new Set()).add(value));
  }
  return metrics;
}
