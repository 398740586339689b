import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Response, Test } from 'supertest';
import { sandboxNetwork } from '../../sandbox/network.js';
import type { Sandbox } from '../../sandbox/sandbox.js';
import type { Seed } from '../../sandbox/world/seed.js';
import { nodeTimers } from '../../src/kernel/timers.js';
import { defaultLimits, type GatewayLimits } from '../../src/telegram/gateway.js';
import { sandboxIn } from '../sandbox/sandbox_in.js';
import { type Service, type ServiceOptions, withService } from '../service/service.js';

/** An application that the data centres accept. */
export const APPLICATION = {
  TELEGRAM_API_ID: '12345',
  TELEGRAM_API_HASH: '0123456789abcdef0123456789abcdef',
};

/** The service, and the data centres that it talks to. */
export interface World {
  readonly service: Service;
  readonly sandbox: Sandbox;
  /** Restarts the service; from then on it waits at most this long for Telegram. */
  hurry(limits: GatewayLimits): Promise<void>;
}

/** Short enough to wait for what does not answer; what does answer may need more on a busy machine. */
export const HURRIED: GatewayLimits = {
  connectSeconds: 0.2,
  callSeconds: 0.2,
  loginSeconds: 0.4,
  maxConnections: 50,
};

export interface WorldOptions extends ServiceOptions {
  readonly seed?: Seed;
}

/** Runs the test with a service and its own data centres. Time advances only for calls to Telegram. */
export function withTelegram(
  test: (world: World) => Promise<void>,
  options: WorldOptions = {},
): () => Promise<void> {
  return async () => {
    const directory = mkdtempSync(join(tmpdir(), 'telegram-'));
    const sandbox = await sandboxIn(directory, options.seed);
    const limits = { ...defaultLimits };
    const hurry = async (service: Service, wanted: GatewayLimits) => {
      Object.assign(limits, wanted);
      await service.stop();
      await service.start();
    };
    try {
      await withService((service) => test({ service, sandbox, hurry: (wanted) => hurry(service, wanted) }), {
        timers: nodeTimers,
        network: sandboxNetwork(sandbox),
        telegramLimits: limits,
        ...options,
        settings: { ...APPLICATION, ...options.settings },
      })();
    } finally {
      await sandbox.close();
      rmSync(directory, { recursive: true, force: true });
    }
  };
}

/** Posts JSON as an admin. */
export function post(service: Service, path: string, body: object): Test {
  return service.as('admin').post(path).send(body);
}

/** Requests a code; returns the login's id. */
export async function sendCode(service: Service, body: object): Promise<string> {
  return must(await post(service, '/sessions/send-otp', body)).temp_session_id;
}

/** The right code of a phone. */
export function codeOf(sandbox: Sandbox, phone: string): string {
  return sandbox.accounts().find((account) => account.phone === phone)?.code ?? '';
}

/** Logs an account in; returns its session. */
export async function logIn(
  { service, sandbox }: Pick<World, 'service' | 'sandbox'>,
  phone: string,
  password?: string,
) {
  const id = await sendCode(service, { phone_number: phone });
  const body = { temp_session_id: id, code: codeOf(sandbox, phone), ...(password && { password }) };
  return must(await post(service, '/sessions/verify-otp', body));
}

/** The body of a response that must be a 200; any other is shown in full. */
function must({ status, text, body }: Response) {
  if (status !== 200) throw new Error(`${status} ${text}`);
  return body;
}
