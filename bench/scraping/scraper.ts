import { setTimeout as delay } from 'node:timers/promises';
import { API_KEY } from '../client.js';
import { Server } from '../server.js';
import { monotonicMs } from '../statistics.js';
import type { Workplace } from '../workplace.js';
import type { DataCentres } from './data_centres.js';
import { APPLICATION, ARCHIVE, codeOf } from './world.js';

/** A run as the API returns it: the fields used here. */
export interface ToldRun {
  readonly id: number;
  readonly state: string;
  readonly error: string | null;
  readonly messages_stored: number;
  readonly files_done: number;
  readonly bytes_done: number;
  /** Those that read for it at present. */
  readonly sessions: readonly string[];
  readonly total_messages: number | null;
  /** From its start to its end. */
  readonly seconds: number;
}

const POLL_MS = 50;

/** A run without progress for this long is stuck, in milliseconds. */
const STUCK_MS = 240_000;

/** How many files or log entries of a run are requested at once. */
const PAGE = 1000;

/** The scraping service, as a separate process. */
export class Scraper {
  readonly server: Server;
  readonly dataDir: string;

  private constructor(server: Server, dataDir: string) {
    this.server = server;
    this.dataDir = dataDir;
  }

  /** Starts it with the data centres, with these settings in addition to the usual ones. */
  static async start(
    place: Workplace,
    { telegram }: DataCentres,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<Scraper> {
    await place.makeDirectory('sessions');
    const application = {
      TELEGRAM_API_ID: String(APPLICATION.apiId),
      TELEGRAM_API_HASH: APPLICATION.apiHash,
    };
    const args = ['--telegram', telegram];
    const options = { program: 'service', args, settings: { ...application, ...settings } } as const;
    return new Scraper(await Server.start(place, options), `${place.directory}/data`);
  }

  /** Logs the accounts in, one after the other. */
  async logIn(phones: readonly string[]): Promise<void> {
    for (const phone of phones) {
      const sent = await this.ask<{ temp_session_id: string }>('POST', '/sessions/send-otp', {
        phone_number: phone,
      });
      const { temp_session_id } = sent;
      await this.ask('POST', '/sessions/verify-otp', { temp_session_id, code: codeOf(phone) });
    }
  }

  /** Creates a source for the archive, or another channel, which starts its first run; returns its id. */
  async scrape(options: {
    readonly target: string;
    readonly target_path?: string;
    readonly channel_username?: string;
    readonly file_types?: readonly string[];
  }): Promise<number> {
    const source = { name: 'Archive', channel_username: ARCHIVE, ...options };
    return (await this.ask<{ id: number }>('POST', '/sources/public', source)).id;
  }

  /** The source's only run, once it has ended; its state is `stuck` if it does not end. */
  async ended(
    sourceId: number,
    onProgress: (run: ToldRun) => Promise<void> | void = () => {},
  ): Promise<ToldRun> {
    let last: ToldRun | null = null;
    for (let movedAt = monotonicMs(); ; await delay(POLL_MS)) {
      // While it is killed and restarted, nothing answers.
      const [run] = await this.ask<ToldRun[]>('GET', `/sources/${sourceId}/runs`).catch(() => []);
      if (run && run.messages_stored !== last?.messages_stored) movedAt = monotonicMs();
      if (run) await onProgress(run);
      last = run ?? last;
      if (run && ['completed', 'failed', 'cancelled'].includes(run.state)) return run;
      if (last && monotonicMs() - movedAt > STUCK_MS) return { ...last, state: `stuck while ${last.state}` };
    }
  }

  /** All entries of a list, read page by page. */
  async all<Entry>(path: string): Promise<Entry[]> {
    const found: Entry[] = [];
    for (;;) {
      const page = await this.ask<Entry[]>('GET', `${path}?skip=${found.length}&limit=${PAGE}`);
      found.push(...page);
      if (page.length < PAGE) return found;
    }
  }

  /** Sends a request. @throws Error unless it is answered with 200. */
  async ask<Answer>(method: string, path: string, body?: object): Promise<Answer> {
    const answer = await fetch(`http://127.0.0.1:${this.server.port}${path}`, {
      method,
      headers: { 'X-API-Key': API_KEY, 'Content-Type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} was answered with ${answer.status}: ${text}`);
    return JSON.parse(text) as Answer;
  }
}
