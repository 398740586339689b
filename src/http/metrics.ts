import { statfs } from 'node:fs/promises';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { answerInTime, registerGauges } from '../kernel/scraped_gauge.js';

/** A registry with Node's own metrics, under the names that stock dashboards use, and the version of this program. */
export function createRegistry(version: string): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const build = new Gauge({
    name: 'telegate_build_info',
    help: 'Always 1; its label is the version of TeleGate',
    labelNames: ['version'],
    registers: [registry],
  });
  build.set({ version }, 1);
  return registry;
}

/** Upper bounds of the request durations, in seconds; the last ones are for waiting requests. */
const DURATIONS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** How long requests took, by route and status. */
export class HttpMetrics {
  readonly #durations: Histogram<'method' | 'route' | 'status'>;

  constructor(registry: Registry) {
    this.#durations = new Histogram({
      name: 'telegate_http_request_duration_seconds',
      help: 'Time from a request to the end of its response',
      labelNames: ['method', 'route', 'status'],
      buckets: DURATIONS,
      registers: [registry],
    });
  }

  observe(method: string, route: string, status: number, seconds: number): void {
    this.#durations.observe({ method, route, status }, seconds);
  }
}

/** How long a file system may take to answer, in milliseconds. */
const ANSWER_MS = 2_000;

/** Registers the size of the disks of these directories, by the names of these, and how much of it is free. */
export function registerDisks(registry: Registry, directories: Readonly<Record<string, string>>): void {
  // One by one: a disk that hangs must not hide the others.
  const disks = Object.entries(directories).map(
    ([name, path]) => [name, answerInTime(() => statfs(path), ANSWER_MS)] as const,
  );
  const readAll = () => Promise.all(disks.map(async ([name, read]) => [name, await read()] as const));
  const each = (what: 'bavail' | 'blocks') => (read: Awaited<ReturnType<typeof readAll>>) =>
    Object.fromEntries(read.map(([name, disk]) => [name, disk && disk[what] * disk.bsize]));
  const label = 'directory';
  registerGauges(registry, readAll, [
    {
      ...{ name: 'telegate_disk_free_bytes', help: 'Free space on the disk of a directory', label },
      values: each('bavail'),
    },
    {
      ...{ name: 'telegate_disk_size_bytes', help: 'Size of the disk of a directory', label },
      values: each('blocks'),
    },
  ]);
}
