import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sandbox } from '../../sandbox/sandbox.js';
import {
  type SandboxService,
  type SandboxServiceOptions,
  startSandboxService,
} from '../../sandbox/service.js';
import { sharedRsaPem } from '../sandbox/sandbox_in.js';
import { reusedThreads } from '../service/reused_threads.js';
import { prepareDataDir } from '../storage/databases.js';
import { Client } from './client.js';

/** The whole service with its own data centres, and the operations of a journey. */
export interface Journey {
  readonly service: SandboxService;
  readonly sandbox: Sandbox;
  readonly admin: Client;
  readonly worker: Client;
  /** A directory of this journey's own. */
  readonly directory: string;
}

/** The start of a journey: an empty pool by default. */
export type JourneyOptions = Partial<Omit<SandboxServiceOptions, 'directory'>>;

/** A journey that goes on until it is closed. */
export async function startJourney(
  options: JourneyOptions = {},
): Promise<Journey & { readonly close: () => Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), 'journey-'));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  try {
    const service = await start(join(directory, 'sandbox'), options);
    const { baseUrl, sandbox } = service;
    const admin = new Client(baseUrl, service.adminKey);
    const worker = new Client(baseUrl, service.workerKey);
    const close = () => service.close().finally(remove);
    return { service, sandbox, admin, worker, directory, close };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Runs a test with a service and data centres that are stopped and deleted afterwards. */
export function withJourney(
  test: (journey: Journey) => Promise<void>,
  options: JourneyOptions = {},
): () => Promise<void> {
  return async () => {
    const { close, ...journey } = await startJourney(options);
    try {
      await test(journey);
    } finally {
      await close();
    }
  };
}

async function start(
  directory: string,
  { telegramLimits, ...options }: JourneyOptions,
): Promise<SandboxService> {
  const whole = {
    ...{ directory, port: 0, dcPort: 0, controlPort: 0, poolSize: 0 },
    ...{ threads: reusedThreads, makeRsaPem: sharedRsaPem, ...options },
    settings: { LOG_LEVEL: 'error', SYNC_CRON: 'off', ...options.settings },
  };
  await prepareDataDir(join(directory, 'data'));
  if (!telegramLimits) return startSandboxService(whole);
  // On a busy machine, agreeing on keys may take longer than a test wants to wait for what hangs.
  const filling = await startSandboxService(whole);
  await filling.close();
  return startSandboxService({ ...whole, telegramLimits });
}

/** The right code of a phone. */
export function codeOf({ sandbox }: Journey, phone: string): string {
  return sandbox.world.account(phone)?.code ?? '';
}

/** Has a code sent; the login's id. */
export async function sendCode(admin: Client, body: object): Promise<string> {
  const answer = await admin.post<{ temp_session_id: string }>('/sessions/send-otp', body);
  return answer.must(200).temp_session_id;
}

/** Logs an account in, in two steps; its session's id. */
export async function logIn(journey: Journey, phone: string, password?: string): Promise<number> {
  const { admin } = journey;
  const temp_session_id = await sendCode(admin, { phone_number: phone });
  const given = { temp_session_id, code: codeOf(journey, phone), ...(password && { password }) };
  return (await admin.post<{ id: number }>('/sessions/verify-otp', given)).must(200).id;
}
