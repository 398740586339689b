import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { affinity } from './affinity.js';
import type { Benchmark, Sizes } from './benchmark.js';
import { capacity } from './capacity.js';
import { clientOverhead } from './client_overhead.js';
import { CLIENT_WAYS, clients } from './clients/faults.js';
import { CONSOLE_PARTS, consoleDesk } from './console/console.js';
import { durable } from './durable.js';
import { exclusive } from './exclusive.js';
import { FENCE_PARTS, fence } from './fence/fence.js';
import { type Finding, table } from './finding.js';
import { flat } from './flat.js';
import { footprint } from './footprint.js';
import { malformed, ROLES } from './malformed.js';
import { olderWorkers } from './older_workers.js';
import { prefect, WAYS } from './prefect/prefect.js';
import { pythonClient } from './python_client.js';
import { replicas } from './replicas.js';
import { queue } from './replicas_queue.js';
import { pgbench } from './replicas_throughput.js';
import { PARTS, scraping } from './scraping/scraping.js';
import { SPLIT_PARTS, split } from './split/split.js';
import { sync } from './sync.js';
import { telegram } from './telegram.js';
import { waiting } from './waiting.js';
import { Workplace } from './workplace.js';

const ALL: readonly Benchmark[] = [
  ...[durable, flat, footprint, waiting, olderWorkers, clientOverhead, sync, telegram, exclusive],
  ...[pgbench, queue, replicas],
  scraping,
  split,
  prefect,
  pythonClient,
  clients,
  affinity,
  fence,
  malformed,
  consoleDesk,
  capacity,
];

/** The signals that end it early, after it has cleaned up. */
const STOPPING = ['SIGINT', 'SIGTERM'] as const;

/** Runs all benchmarks, or those named, and prints their findings as one table. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      leases: { type: 'string', default: '20000' },
      workers: { type: 'string', default: '64' },
      share: { type: 'string', default: '1' },
      way: { type: 'string', multiple: true, default: [] },
      database: { type: 'string' },
    },
  });
  ensureKnown(
    'benchmark',
    positionals,
    ALL.map(({ name }) => name),
  );
  ensureKnown('way', values.way, [
    ...PARTS,
    ...SPLIT_PARTS,
    ...WAYS,
    ...CLIENT_WAYS,
    ...ROLES,
    ...CONSOLE_PARTS,
    ...FENCE_PARTS,
  ]);
  const chosen = ALL.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const { way: ways, database = null } = values;
  const { leases, workers, share } = values;
  const amounts = { leases: Number(leases), workers: Number(workers), share: Number(share) };
  const sizes = { ...amounts, ways, database };
  const findings: Finding[] = [];
  for (const benchmark of chosen) {
    process.stdout.write(`${benchmark.name} …\n`);
    const found = await measure(benchmark, sizes);
    findings.push(...found.map((finding) => ({ ...finding, what: `${benchmark.name}: ${finding.what}` })));
  }
  const missed = findings.filter(({ met }) => met === false).length;
  process.stdout.write(
    `\n${table(findings)}\n\n${missed === 0 ? 'Every target is met.' : `${missed} targets are missed.`}\n`,
  );
  process.exit(missed === 0 ? 0 : 1);
}

/** Ends the program with one line if a name is unknown. */
function ensureKnown(what: string, names: readonly string[], known: readonly string[]): void {
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  process.stderr.write(`Unknown ${what}: ${unknown.join(', ')}. Known: ${known.join(', ')}.\n`);
  process.exit(2);
}

/** Runs one benchmark and cleans up after it, whatever its outcome. */
async function measure(benchmark: Benchmark, sizes: Sizes): Promise<Finding[]> {
  const places: Workplace[] = [];
  const open = async () => {
    const place = await Workplace.open();
    places.push(place);
    return place;
  };
  const clear = () => Promise.all(places.splice(0).map((place) => place.close()));
  let stopping: Promise<unknown> | null = null;
  const interrupted = () => {
    stopping ??= clear().finally(() => process.exit(130));
  };
  for (const signal of STOPPING) process.once(signal, interrupted);
  try {
    return await Promise.race([benchmark.run(open, sizes), tooLate(benchmark.minutes(sizes))]);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [
      { what: `failed: ${reason}`, ours: '', against: '', ratio: null, wanted: 'an answer', met: false },
    ];
  } finally {
    for (const signal of STOPPING) process.off(signal, interrupted);
    // Interrupted work fails at once, and would end the program before everything is cleaned up.
    await (stopping ?? clear());
  }
}

async function tooLate(minutes: number): Promise<never> {
  await delay(minutes * 60_000, undefined, { ref: false });
  throw new Error(`no result within ${minutes} minutes`);
}

await main();
