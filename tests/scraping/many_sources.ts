import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import type { Sandbox } from '../../sandbox/sandbox.js';
import { release } from '../pool/holding.js';
import type { Service } from '../service/service.js';
import { idsOf, linesOf, makeSource, type ToldRun } from './scraped.js';
import { logInSome, SMALL_CHANNELS } from './small_world.js';

/** How many accounts read the sources. */
const SESSIONS = 5;

/** Fewer concurrent runs than sessions. */
const FEW = 4;

/** Services that share one pool and one disk. */
export interface Scrapers {
  readonly services: readonly [Service, ...Service[]];
  readonly sandbox: Sandbox;
  readonly dataDir: string;
}

/** Makes a test of a function that needs services with at most `most` concurrent runs. */
export type WithScrapers = (most: number, test: (scrapers: Scrapers) => Promise<void>) => () => Promise<void>;

interface Run extends ToldRun {
  readonly waiting_since: string | null;
  readonly started_at: string;
  readonly finished_at: string | null;
}

/** What holds for many sources, however many services there are. */
export function manySources(withScrapers: WithScrapers): void {
  it(
    'are all read, in the order in which they started to wait, and no session is used twice at once',
    withScrapers(SMALL_CHANNELS, async (scrapers) => {
      const [service] = scrapers.services;
      const { waiting, ended } = await scrapeMany(scrapers, SMALL_CHANNELS);
      const came = waiting.map((run) => Date.parse(run.waiting_since ?? ''));
      const served = await Promise.all(ended.map((run) => servedAt(service, run)));
      // Runs served at the same moment log it in any order, and some late on a busy machine.
      expect(mostOvertaken(came, served)).toBeLessThan(2 * SESSIONS);
    }),
    60_000,
  );

  it(
    'are all read in the order in which they were created, a few at once',
    withScrapers(FEW, async (scrapers) => {
      const { ended } = await scrapeMany(scrapers, FEW);
      const made = ended.map(({ id }) => id);
      const started = ended.map((run) => Date.parse(run.started_at));
      const finished = ended.map((run) => Date.parse(run.finished_at ?? ''));
      // Services that look for a run at the same moment have read the clock earlier.
      expect(mostOvertaken(made, started)).toBeLessThan(scrapers.services.length > 1 ? FEW : 1);
      expect(mostOvertaken(made, finished)).toBeLessThan(2 * FEW);
    }),
    60_000,
  );
}

/**
 * Makes a source for each small channel while no session is free, waits until `begun` of their runs wait for one,
 * and gives the sessions back. The runs as they were then, and once each has stored its channel; both lists in the
 * order in which the sources were made.
 */
async function scrapeMany(scrapers: Scrapers, begun: number): Promise<Record<'waiting' | 'ended', Run[]>> {
  const { services, sandbox, dataDir } = scrapers;
  const [service] = services;
  await logInSome({ service, sandbox }, SESSIONS);
  const held: number[] = [];
  for (let count = 0; count < SESSIONS; count += 1) held.push((await service.lease('ttl=600')).session_id);
  const sources: number[] = [];
  for (let made = 0; made < SMALL_CHANNELS; made += 1) {
    const at = services[made % services.length] ?? service;
    sources.push(await makeSource(at, `small${made + 1}`, { file_types: [] }));
  }
  await untilStates(service, (states) => states.filter((state) => state === 'waiting').length === begun);
  const waiting = await runsOf(service, sources);
  await Promise.all(held.map((id) => release(service, id)));
  await untilStates(service, (states) => states.every((state) => state === 'completed'));
  for (const [index, id] of sources.entries())
    expect(linesOf({ dataDir }, id).map((line) => line.id)).toEqual(idsOf(sandbox, `Small ${index + 1}`));
  expect(sandbox.connections.overlaps()).toEqual([]);
  return { waiting, ended: await runsOf(service, sources) };
}

/** Polls the states of all sources' runs, with pauses: without them it would slow the runs down. */
async function untilStates(service: Service, enough: (states: string[]) => boolean): Promise<void> {
  for (;;) {
    const { body } = await service.as('monitor').get('/sources').expect(200);
    if (enough(body.map(({ last_run }: { last_run: ToldRun }) => last_run.state))) return;
    await delay(100);
  }
}

/** The run of each source. */
function runsOf(service: Service, sources: readonly number[]): Promise<Run[]> {
  const asked = sources.map(async (id) => {
    const { body } = await service.as('monitor').get(`/sources/${id}/runs`).expect(200);
    return body[0];
  });
  return Promise.all(asked);
}

/** When the run was first given a session, by its log. */
async function servedAt(service: Service, { id }: Run): Promise<number> {
  const { body } = await service.as('monitor').get(`/runs/${id}/logs`).expect(200);
  return Date.parse(body.find(({ message }: { message: string }) => message.startsWith('reads with')).at);
}

/** The largest number of later runs that overtook any run. */
function mostOvertaken(came: readonly number[], went: readonly number[]): number {
  const overtaken = came.map((cameAt, one) => {
    const wentAt = went[one] ?? 0;
    return came.filter((at, other) => at > cameAt && (went[other] ?? 0) < wentAt).length;
  });
  return Math.max(...overtaken);
}
