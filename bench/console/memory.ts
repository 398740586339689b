import { setTimeout as delay } from 'node:timers/promises';
import type { CDPSession, Page } from 'playwright-core';
import { Client } from '../client.js';
import { atMost, exactly, type Finding, noted } from '../finding.js';
import { monotonicMs } from '../statistics.js';
import type { Desk } from './desk.js';

/** An hour of a pool whose sessions are leased for three hours each. */
const EVENTS_AN_HOUR = 7_200;

/** How an hour of events is passed. */
export interface Passing {
  readonly seconds: number;
  readonly name: string;
}

/** As many events, much faster; what pages do by the clock, such as asking for changed lists, is done less often. */
export const SHORT: Passing = { seconds: 240, name: 'an hour of events in 4 minutes' };
export const HOUR: Passing = { seconds: 3_600, name: 'an hour of events' };

/**
 * V8 compiles what runs often, into a part of the heap that is counted with the rest. It goes on for an hour, and says
 * nothing of what the page keeps.
 */
export const WITHOUT_MACHINE_CODE = ['--js-flags=--no-opt,--no-maglev,--no-sparkplug'];

/** The tab is measured this often; before the first time, it has seen a tenth of the events. */
const SAMPLES = 10;

/** What an hour may add. */
const MOST = 1.1;

/** The pages that are open meanwhile, each in its own tab. */
const OPEN = ['/pool', '/sessions', '/leases'];

/** What a tab holds, after its garbage was collected. */
interface Held {
  readonly heapBytes: number;
  readonly nodes: number;
  readonly listeners: number;
}

/** Whether tabs that show what happens hold no more after an hour of it. */
export async function memory(desk: Desk, passing: Passing): Promise<Finding[]> {
  const [first = '', ...others] = OPEN;
  return opened(desk, first, others, [], passing);
}

/** Opens the pages one after the other, then lets the time pass. */
async function opened(
  desk: Desk,
  path: string,
  others: readonly string[],
  tabs: readonly Tab[],
  passing: Passing,
): Promise<Finding[]> {
  return desk.visit(async (page) => {
    const all = [...tabs, await tabAt(page, path)];
    const [next, ...rest] = others;
    return next === undefined ? passed(desk, all, passing) : opened(desk, next, rest, all, passing);
  });
}

interface Tab {
  readonly path: string;
  readonly devtools: CDPSession;
  readonly held: Held[];
}

/** The pool is sampled each minute: until then there is no chart. */
const FIRST_SAMPLE_MS = 90_000;

async function tabAt(page: Page, path: string): Promise<Tab> {
  await page.goto(path);
  await page.getByText('Live', { exact: true }).waitFor();
  // What a page shows only once is not what grows.
  if (path === '/pool') await page.getByRole('img').first().waitFor({ timeout: FIRST_SAMPLE_MS });
  const devtools = await page.context().newCDPSession(page);
  return { path, devtools, held: [] };
}

async function passed({ port }: Desk, tabs: readonly Tab[], { seconds, name }: Passing): Promise<Finding[]> {
  const client = new Client(port, 8);
  let failed = 0;
  for (let sample = 1; sample <= SAMPLES; sample += 1) {
    failed += await happen(client, EVENTS_AN_HOUR / SAMPLES, (seconds * 1000) / SAMPLES);
    for (const { devtools, held } of tabs) held.push(await measured(devtools));
  }
  client.close();
  return [exactly(`${name}: leases that failed`, failed, 0), ...tabs.flatMap((tab) => compared(tab, name))];
}

/** Leases and releases at an even pace; resolves to how many of these failed. */
async function happen(client: Client, events: number, ms: number): Promise<number> {
  const begun = monotonicMs();
  const cycles = Math.round(events / 2);
  let failed = 0;
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    await client.lease().then(
      (lease) => client.release(lease),
      () => {
        failed += 1;
      },
    );
    const early = begun + ((cycle + 1) * ms) / cycles - monotonicMs();
    if (early > 0) await delay(early);
  }
  return failed;
}

async function measured(devtools: CDPSession): Promise<Held> {
  await devtools.send('HeapProfiler.collectGarbage');
  const { usedSize } = await devtools.send('Runtime.getHeapUsage');
  const { nodes, jsEventListeners } = await devtools.send('Memory.getDOMCounters');
  return { heapBytes: usedSize, nodes, listeners: jsEventListeners };
}

/** The least that the tab held in the second half, against the first: what it does not let go of. */
function compared({ path, held }: Tab, name: string): Finding[] {
  const half = Math.floor(held.length / 2);
  const what = `${path}, ${name}`;
  const sides = (amount: (one: Held) => number, unit: string) => ({
    ours: { value: Math.min(...held.slice(half).map(amount)), unit },
    against: { name: 'in the first half', value: Math.min(...held.slice(0, half).map(amount)), unit },
  });
  const mib = ({ heapBytes }: Held) => heapBytes / 2 ** 20;
  return [
    atMost(`${what}: heap of the tab`, sides(mib, 'MiB'), MOST),
    atMost(
      `${what}: its nodes`,
      sides(({ nodes }) => nodes, ''),
      MOST,
    ),
    atMost(
      `${what}: its listeners`,
      sides(({ listeners }) => listeners, ''),
      MOST,
    ),
    noted(`${what}: the most that it held`, { value: Math.max(...held.map(mib)), unit: 'MiB' }),
  ];
}
