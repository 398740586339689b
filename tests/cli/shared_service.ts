import { afterAll, beforeAll } from '@jest/globals';
import { type Journey, type JourneyOptions, startJourney } from '../journeys/journey.js';
import { type Ended, startCommand } from './command.js';

/** A service that the tests of a file share, and the command line that asks it. */
export interface SharedService {
  /** Valid within tests. */
  readonly journey: Journey;
  /** The environment in which the command line asks it, with the admin's key. */
  readonly environment: Readonly<Record<string, string>>;
  /** Runs a command with the admin's key. */
  run(...args: readonly string[]): Promise<Ended>;
  /** As `run`, with the worker's key. */
  runAsWorker(...args: readonly string[]): Promise<Ended>;
  /** Runs a command that must succeed, with `--json`; what it printed. */
  json<Printed>(...args: readonly string[]): Promise<Printed>;
}

/** Starts a service before the tests of this file, and stops it after them. */
export function sharedService(options: JourneyOptions = {}): SharedService {
  let started: Awaited<ReturnType<typeof startJourney>> | null = null;
  beforeAll(async () => {
    started = await startJourney(options);
  });
  afterAll(() => started?.close());
  const journey = () => {
    if (started === null) throw new Error('the service is not started yet');
    return started;
  };
  const environment = (key: string) => ({
    TELEGATE_URL: journey().service.baseUrl,
    TELEGATE_API_KEY: key,
    TERM: 'xterm',
  });
  const run = (...args: readonly string[]) =>
    startCommand(args, environment(journey().service.adminKey)).ended;
  return {
    get journey() {
      return journey();
    },
    get environment() {
      return environment(journey().service.adminKey);
    },
    run,
    runAsWorker: (...args) => startCommand(args, environment(journey().service.workerKey)).ended,
    async json(...args) {
      const { exit, stdout, stderr } = await run(...args, '--json');
      if (exit !== 0) throw new Error(`${args.join(' ')} ended with ${exit}: ${stderr}`);
      return JSON.parse(stdout);
    },
  };
}
