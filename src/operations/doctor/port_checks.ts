import { connect, createServer } from 'node:net';
import { hasCode } from '../../kernel/private_files.js';
import { type Finding, failed, ok, type Parts, reasonOf } from './check.js';

/** How long a program on one of our ports may take to say what it is, in milliseconds. */
const ANSWER_MS = 3000;

/** A port that the service listens on. */
interface OwnPort {
  readonly setting: 'PORT' | 'EGRESS_PORT';
  readonly number: number;
  readonly host: string;
  /** Whether what listens there is a service like ours. */
  readonly isOurs: (number: number, host: string, signal: AbortSignal) => Promise<boolean>;
}

/** Whether the ports of the service, and of its egress fence if there is one, are free, or its own. */
export async function ports({ config }: Parts, signal: AbortSignal): Promise<Finding[]> {
  const { port, host, egress } = config;
  const own: OwnPort[] = [{ setting: 'PORT', number: port, host, isOurs: isTeleGate }];
  if (egress !== null) own.push({ setting: 'EGRESS_PORT', number: egress.port, host, isOurs: isFence });
  return Promise.all(own.map((one) => check(one, signal)));
}

async function check({ setting, number, host, isOurs }: OwnPort, signal: AbortSignal): Promise<Finding> {
  if (number === 0) return ok('any free one');
  const error = await listening(number, host);
  if (error === null) return ok(`${number} is free`);
  if (hasCode(error, 'EADDRINUSE')) {
    if (await isOurs(number, reachable(host), signal)) return ok(`TeleGate is listening on ${number}`);
    return failed(
      `another program listens on ${host}:${number}`,
      `Stop it, or set ${setting} to a free one.`,
    );
  }
  if (hasCode(error, 'EACCES'))
    return failed(`this user may not listen on ${number}`, `Set ${setting} to 1024 or higher.`);
  return failed(
    `can't listen on ${host}:${number}: ${reasonOf(error)}`,
    'Set HOST to an address of this machine.',
  );
}

/** Why nobody can listen there; null: it works. */
function listening(number: number, host: string): Promise<Error | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen(number, host, () => server.close(() => resolve(null)));
  });
}

function reachable(host: string): string {
  return host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
}

async function isTeleGate(number: number, host: string, signal: AbortSignal): Promise<boolean> {
  try {
    const answer = await fetch(`http://${host.includes(':') ? `[${host}]` : host}:${number}/health`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    return answer.status === 200 && (await answer.text()) === '{"status":"ok"}';
  } catch {
    return false;
  }
}

const GREETING = Buffer.from([5, 1, 2]);
const CHOICE = Buffer.from([5, 2]);

/** Whether it asks for a user and a password as a SOCKS 5 server does (RFC 1928, section 3). */
function isFence(number: number, host: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port: number, host, timeout: ANSWER_MS }, () => socket.write(GREETING));
    const end = (isOurs: boolean) => {
      socket.destroy();
      resolve(isOurs);
    };
    signal.addEventListener('abort', () => end(false), { once: true });
    socket.once('data', (answer) => end(answer.equals(CHOICE)));
    for (const event of ['timeout', 'error', 'close'] as const) socket.once(event, () => end(false));
  });
}
