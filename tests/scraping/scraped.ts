import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Sandbox } from '../../sandbox/sandbox.js';
import { post } from '../logins/over_sandbox.js';
import type { Service } from '../service/service.js';

const ENDS = ['completed', 'failed', 'cancelled', 'deferred'];

/** A line of a month's file: the fields that tests use. */
export interface Line {
  readonly id: number;
  readonly text: string;
  readonly file: {
    readonly path: string | null;
    readonly sha256: string | null;
    readonly state: string;
  } | null;
}

/** A run as the API returns it: the fields that tests use. */
export interface ToldRun {
  readonly id: number;
  readonly state: string;
  readonly error: string | null;
  readonly session_name: string | null;
  readonly flow_run_id: string | null;
  readonly flow_run_url: string | null;
  readonly messages_stored: number;
  readonly files_done: number;
  readonly files_skipped: number;
}

/** Creates a source of a public channel; returns its id. */
export async function makeSource(service: Service, username: string, over: object = {}): Promise<number> {
  const settings = { name: username, channel_username: username, target: 'LOCAL', ...over };
  const { body } = await post(service, '/sources/public', settings).expect(200);
  return body.id;
}

/** How often a run is polled, in milliseconds: it takes real time, and polling without a pause would slow it down. */
const POLL_MS = 100;

/** The source's newest run, once `enough` of it is done. */
export async function runOnce(
  service: Service,
  sourceId: number,
  enough: (run: ToldRun) => boolean,
): Promise<ToldRun> {
  for (;;) {
    const { body } = await service.as('admin').get(`/sources/${sourceId}/runs`).expect(200);
    if (body[0] && enough(body[0])) return body[0];
    await delay(POLL_MS);
  }
}

/** The source's newest run, once it has ended. */
export function lastRun(service: Service, sourceId: number): Promise<ToldRun> {
  return runOnce(service, sourceId, ({ state }) => ENDS.includes(state));
}

/** The log of the source's newest run. */
export async function logOf(
  service: Service,
  sourceId: number,
): Promise<readonly { readonly at: string; readonly level: string; readonly message: string }[]> {
  const { body: runs } = await service.as('admin').get(`/sources/${sourceId}/runs`).expect(200);
  if (runs.length === 0) return [];
  return (await service.as('admin').get(`/runs/${runs[0].id}/logs`).expect(200)).body;
}

/** What the source has stored on the local disk, in the order of its files. */
export function linesOf({ dataDir }: Pick<Service, 'dataDir'>, sourceId: number): Line[] {
  const messages = join(dataDir, 'scraped', `source-${sourceId}`, 'messages');
  const months = readdirSync(messages)
    .filter((name) => !name.startsWith('.'))
    .sort();
  return months.flatMap((month) =>
    readFileSync(join(messages, month), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line)),
  );
}

/** The ids of all messages of a channel, according to the sandbox. */
export function idsOf(sandbox: Sandbox, title: string): number[] {
  const channel = sandbox.world.channels.find((one) => one.title === title);
  const ids: number[] = [];
  for (let id = 1; channel && id <= channel.feed.lastId; id += 1) if (channel.feed.post(id)) ids.push(id);
  return ids;
}

/** The SHA-256 of a stored file. */
export function hashOf({ dataDir }: Pick<Service, 'dataDir'>, path: string): string {
  return createHash('sha256')
    .update(readFileSync(join(dataDir, 'scraped', path)))
    .digest('hex');
}
