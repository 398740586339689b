import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'supertest';
import { sandboxNetwork } from '../../sandbox/network.js';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.js';
import { sandboxSeed } from '../../sandbox/seed.js';
import type { Seed } from '../../sandbox/world/seed.js';
import type { GatewayLimits } from '../../src/telegram/limits.js';
import { nodeTimers } from '../../src/timers.js';
import { type Service, type ServiceOptions, withService } from '../service/service.js';

/** An application that the data centres take. */
export const APPLICATION = {
  TELEGRAM_API_ID: '12345',
  TELEGRAM_API_HASH: '0123456789abcdef0123456789abcdef',
};

/** The service, and the data centres that it talks to. */
export interface World {
  readonly service: Service;
  readonly sandbox: Sandbox;
}

export interface WorldOptions extends ServiceOptions {
  readonly seed?: Seed;
  readonly limits?: Partial<GatewayLimits>;
}

/** Runs the test with a service over data centres of its own. Its time stands still but for calls to Telegram. */
export function withTelegram(
  test: (world: World) => Promise<void>,
  options: WorldOptions = {},
): () => Promise<void> {
  return async () => {
    const directory = mkdtempSync(join(tmpdir(), 'telegram-'));
    const { seed = sandboxSeed } = options;
    const sandbox = await startSandbox({ directory, seed, port: 0, time: Date.now, randomBytes });
    try {
      await withService((service) => test({ service, sandbox }), {
        timers: nodeTimers,
        network: sandboxNetwork(sandbox),
        ...(options.limits && { telegramLimits: options.limits }),
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

/** Has a code sent; the login's id. */
export async function sendCode(service: Service, body: object): Promise<string> {
  const answer = await post(service, '/sessions/send-otp', body).expect(200);
  return answer.body.temp_session_id;
}

/** The right code of a phone. */
export function codeOf(sandbox: Sandbox, phone: string): string {
  return sandbox.accounts().find((account) => account.phone === phone)?.code ?? '';
}

/** Logs an account in; its session. */
export async function logIn({ service, sandbox }: World, phone: string, password?: string) {
  const id = await sendCode(service, { phone_number: phone });
  const body = { temp_session_id: id, code: codeOf(sandbox, phone), ...(password && { password }) };
  const answer = await post(service, '/sessions/verify-otp', body).expect(200);
  return answer.body;
}
