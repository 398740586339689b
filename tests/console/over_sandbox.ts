import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sandboxNetwork } from '../../sandbox/network.js';
import type { Sandbox } from '../../sandbox/sandbox.js';
import type { Seed } from '../../sandbox/world/seed.js';
import { APPLICATION } from '../logins/over_sandbox.js';
import { sandboxIn } from '../sandbox/sandbox_in.js';
import type { Visit, Visiting, VisitOptions } from './browser.js';

/** Accounts of the sandbox, and the codes that they are sent. */
export const ADA = { phone: '+9996610001', code: '11111' };
export const BEN = { phone: '+9996610002', code: '11111' };
export const CLEO = { phone: '+9996620001', code: '22222', password: 'correct horse' };
export const EVE = { phone: '+9996620003', code: '22222' };

/** A visit to a service with its own data centres. */
export interface VisitWithTelegram extends Visit {
  readonly sandbox: Sandbox;
}

export interface TelegramOptions extends Omit<VisitOptions, 'network'> {
  readonly seed?: Seed;
}

/** Makes a test of a visit to a service over the sandbox. */
export function atTelegram(
  visiting: Visiting,
  test: (visit: VisitWithTelegram) => Promise<void>,
  { seed, settings, ...options }: TelegramOptions = {},
): () => Promise<void> {
  return async () => {
    const directory = mkdtempSync(join(tmpdir(), 'telegram-'));
    const sandbox = await sandboxIn(directory, seed);
    try {
      const network = sandboxNetwork(sandbox);
      const all = { ...options, network, settings: { ...APPLICATION, ...settings } };
      await visiting((visit) => test({ ...visit, sandbox }), all)();
    } finally {
      await sandbox.close();
      rmSync(directory, { recursive: true, force: true });
    }
  };
}
