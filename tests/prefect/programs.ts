import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { findPrefect, PREFECT_VERSION, type PrefectInstallation } from './installation.js';
import { isFirst, sharedDirectory, testRun } from './test_run.js';

/** A program that uses Prefect. */
export interface ProgramWish {
  /** Python. */
  readonly code: string;
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** The files that get what it prints; they may be the same. */
  readonly stdout: string;
  readonly stderr: string;
  /** It runs on until the test run ends, whoever started it. */
  readonly keep?: boolean;
}

/** A program that runs until it has ended, or until this process has. */
export interface Program {
  readonly pid: number;
  /** Its exit code, or a negative number: that of the signal that ended it. */
  readonly ended: Promise<number>;
}

/** How long the first one may take to start on a busy machine. */
export const START_WITHIN_MS = 150_000;

/**
 * Starts a program in a fork of one process that has imported Prefect, for the import takes seconds of processor time.
 * The first program of a test run starts that process, which ends with the test run.
 */
export async function startProgram(wish: ProgramWish): Promise<Program> {
  const socket = await connectTo(forkServer());
  const words = createInterface({ input: socket })[Symbol.asyncIterator]();
  const next = async <Word>(): Promise<Word> => {
    const { value, done } = await words.next();
    if (done) throw new Error(`the Python of the tests has ended: ${logOfForkServer()}`);
    return JSON.parse(value) as Word;
  };
  socket.write(`${JSON.stringify({ args: [], keep: false, ...wish })}\n`);
  const { pid } = await next<{ readonly pid: number }>();
  const ended = wish.keep ? Promise.resolve(0) : next<{ readonly exit: number }>().then(({ exit }) => exit);
  ended.catch(() => undefined);
  socket.unref();
  return { pid, ended };
}

/** @throws if it is not installed. */
export function installedPrefect(): PrefectInstallation {
  const prefect = findPrefect();
  if (!prefect) throw new Error(`Prefect ${PREFECT_VERSION} is not installed`);
  return prefect;
}

/** The environment of Prefect's programs: nothing of the user's own Prefect, and no call home. */
export function prefectEnvironment(home: string): Record<string, string> {
  // biome-ignore lint/style/noProcessEnv: programs need some of it.
  const own = Object.entries(process.env).filter(([name]) => !/^PREFECT_/.test(name));
  return {
    ...(Object.fromEntries(own) as Record<string, string>),
    PREFECT_HOME: home,
    PREFECT_SERVER_ANALYTICS_ENABLED: 'false',
    DO_NOT_TRACK: '1',
    NO_COLOR: '1',
    COLUMNS: '250',
  };
}

/** Where the process listens that forks. */
function forkServer(): string {
  const directory = sharedDirectory();
  const path = join(directory, 'programs.sock');
  if (isFirst('programs')) {
    const log = openSync(join(directory, LOG), 'a');
    const script = join('tests', 'prefect', 'programs.py');
    const env = { ...prefectEnvironment(directory), ...INTERVALS };
    const started = spawn(installedPrefect().python, [script, path, String(testRun())], {
      ...{ env, detached: true, stdio: ['ignore', log, log] },
    });
    started.unref();
    closeSync(log);
    writeFileSync(join(directory, PID), String(started.pid));
  }
  return path;
}

/** Ends that process, if it was started, and all programs. */
export function endPrograms(): void {
  const path = join(sharedDirectory(), PID);
  if (!existsSync(path)) return;
  try {
    process.kill(Number(readFileSync(path, 'utf8')));
  } catch {
    // It has ended.
  }
}

/** Prefect reads them when it is imported. */
const INTERVALS = { PREFECT_SERVER_SERVICES_SCHEDULER_RECENT_DEPLOYMENTS_LOOP_SECONDS: '1' };

const LOG = 'programs.log';
const PID = 'programs.pid';

function logOfForkServer(): string {
  const path = join(sharedDirectory(), LOG);
  return existsSync(path) ? readFileSync(path, 'utf8').slice(-2000) : '';
}

/** It listens a moment after it was started. */
async function connectTo(path: string): Promise<Socket> {
  const deadline = Date.now() + START_WITHIN_MS;
  for (;;) {
    const socket = connect(path);
    const error = await new Promise<Error | null>((resolve) => {
      socket.once('connect', () => resolve(null)).once('error', resolve);
    });
    if (error === null) return socket;
    if (Date.now() > deadline) throw error;
    await setTimeout(20);
  }
}
