import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe } from '@jest/globals';
import type { Sandbox } from '../../sandbox/sandbox.js';
import { pythonWithTelethon } from '../intake/telethon.js';

const python = pythonWithTelethon();
if (python === null) {
  process.stderr.write('skipped: real Telethon is not installed (apt-get install python3-telethon)\n');
}

/** `describe` if Telethon is installed. */
export const withTelethon = python === null ? describe.skip : describe;

/** Whom Telethon found to be logged in. */
export interface TelethonsWord {
  readonly id: number;
  /** Without `+`. */
  readonly phone: string;
  readonly dialogs: readonly string[];
}

/** Has Telethon open a session: a file, by its path without `.session`, or a string. It hangs up before it tells. */
export function openWithTelethon(
  sandbox: Sandbox,
  session: { readonly file: string } | { readonly string: string },
): Promise<TelethonsWord> {
  return run<TelethonsWord>(join('tests', 'journeys', 'telethon_session.py'), sandbox, session);
}

/** Has Telethon log an account in, into a new session file. */
export async function logInWithTelethon(sandbox: Sandbox, file: string, phone: string): Promise<void> {
  const { code, dcId: dc, seed } = sandbox.world.account(phone) ?? { code: '', dcId: 1, seed: null };
  const place = { dc, address: sandbox.addresses[dc - 1], port: sandbox.port };
  const account = { phone, code, password: seed?.password ?? null };
  const script = join('tests', 'sandbox', 'telethon_client.py');
  await run(script, sandbox, { session: file, ...place, ...account });
}

/** A channel as Telethon addresses it, and its newest message. */
export interface FoundChannel {
  readonly id: number;
  readonly access_hash: string;
  readonly newest: number;
}

/** Has Telethon find a channel by its name: in the session file, by its path without `.session`, or else by asking. */
export function findWithTelethon(sandbox: Sandbox, file: string, channel: string): Promise<FoundChannel> {
  return run<FoundChannel>(join('tests', 'journeys', 'telethon_channel.py'), sandbox, { file, channel });
}

async function run<Told>(script: string, sandbox: Sandbox, wanted: object): Promise<Told> {
  const given = JSON.stringify({ rsa_key: sandbox.rsaPublicKey.pem, ...wanted });
  const { stdout } = await promisify(execFile)(python ?? '', [script, given], { timeout: 25_000 });
  return JSON.parse(stdout);
}
