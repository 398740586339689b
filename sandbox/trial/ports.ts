import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode, writePrivateFile } from '../../src/kernel/private_files.js';

/** A port is not available. The message names the option for another one. */
export class PortRefused extends Error {
  override readonly name = 'PortRefused';
}

/** A listener, and the option for its port. */
export interface Listener {
  /** Such as `the data centres`. */
  readonly who: string;
  /** Such as `--dc-port`. */
  readonly option: string;
  /** 0: any free one. */
  readonly port: number;
}

/** Starts a listener. @throws PortRefused if its port is taken, or needs privileges; what `start` throws. */
export async function onPort<Started>(
  { who, option, port }: Listener,
  start: (port: number) => Promise<Started>,
): Promise<Started> {
  try {
    return await start(port);
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === null) throw error;
    const advice = `Choose another one with ${option} PORT (0: any free port).`;
    throw new PortRefused(`Port ${port}, wanted for ${who}, ${reason}. ${advice}`);
  }
}

/**
 * Starts the data centres on the port; with any port, on the last one if it is free: session files contain it, and
 * exported ones keep working.
 */
export async function onStoredPort<Started extends { readonly port: number }>(
  directory: string,
  listener: Listener,
  start: (port: number) => Promise<Started>,
): Promise<Started> {
  const path = join(directory, 'dc_port');
  const last = listener.port === 0 ? await readPort(path) : 0;
  const again = last === 0 ? null : await start(last).catch(unlessTaken);
  const started = again ?? (await onPort(listener, start));
  await writePrivateFile(path, `${started.port}\n`);
  return started;
}

function unlessTaken(error: unknown): null {
  if (reasonOf(error) === null) throw error;
  return null;
}

function reasonOf(error: unknown): string | null {
  if (hasCode(error, 'EADDRINUSE')) return 'is taken';
  return hasCode(error, 'EACCES') ? 'needs privileges' : null;
}

async function readPort(path: string): Promise<number> {
  try {
    const port = Number(await readFile(path, 'utf8'));
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return 0;
    throw error;
  }
}
