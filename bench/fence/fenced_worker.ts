import { setTimeout as delay } from 'node:timers/promises';
import { _serverKeys } from 'telegram/crypto/RSA.js';
import { PromisedNetSockets } from 'telegram/extensions/index.js';
import { Logger, LogLevel } from 'telegram/extensions/Logger.js';
import { returnBigInt } from 'telegram/Helpers.js';
import { Api, TelegramClient } from 'telegram/index.js';
import { StringSession } from 'telegram/sessions/index.js';
import { addressesIn } from '../scraping/addresses.js';
import { APPLICATION } from '../scraping/world.js';

/** A lease as it is answered: the fields used here. */
interface Lease {
  readonly session_id: number;
  readonly lease_id: string;
  readonly session_string: string;
  readonly proxy: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly pass: string;
  };
}

const TTL_SECONDS = 1;
const RENEW_MS = 250;
/** For so long it goes on to call with a session of which it has been told that it is lost. */
const FORGETFUL_MS = 300;
const CALL_MS = 300;
const PAUSE_MS = 5;

/**
 * A worker that leases one session again and again, calls Telegram with it through the egress fence as fast as it can,
 * and takes no care at all: it goes on when its lease is lost. Prints `works` when it was answered under a new lease.
 */
const [url = '', key = '', sessionId = '', telegram = ''] = process.argv.slice(2);
const { port, rsaPublicKey } = addressesIn(telegram);
_serverKeys.set(rsaPublicKey.fingerprint.toString(), {
  n: returnBigInt(rsaPublicKey.modulus),
  e: rsaPublicKey.exponent,
});

class SandboxSockets extends PromisedNetSockets {
  override connect(_port: number, ip: string) {
    return super.connect(port, ip);
  }
}

/** Null: it is not free yet, or the service is away. */
async function acquire(): Promise<Lease | null> {
  const query = new URLSearchParams({
    ...{ egress: 'true', ttl: String(TTL_SECONDS), wait: '30', session_id: sessionId },
    ...{ credentials: 'string', format: 'gramjs' },
  });
  const answer = await fetch(`${url}/session?${query}`, { headers: { 'X-API-Key': key } }).catch(() => null);
  return answer?.ok ? ((await answer.json()) as Lease) : null;
}

/** Whether it is still ours. */
async function renew({ session_id, lease_id }: Lease): Promise<boolean> {
  const answer = await fetch(`${url}/heartbeat`, {
    ...{ method: 'POST', headers: { 'X-API-Key': key, 'Content-Type': 'application/json' } },
    body: JSON.stringify({ session_id, lease_id, ttl: TTL_SECONDS }),
  }).catch(() => null);
  return answer?.status !== 409;
}

function clientOf({ session_string, proxy }: Lease): TelegramClient {
  const { apiId, apiHash } = APPLICATION;
  const client = new TelegramClient(new StringSession(session_string), apiId, apiHash, {
    ...{ networkSocket: SandboxSockets, useWSS: false, floodSleepThreshold: 0 },
    ...{ connectionRetries: 1, reconnectRetries: 1, requestRetries: 1, retryDelay: 20 },
    baseLogger: new Logger(LogLevel.NONE),
    proxy: {
      ...{ ip: proxy.host, port: proxy.port, socksType: 5, timeout: 1 },
      ...{ username: proxy.user, password: proxy.pass },
    },
  });
  client.onError = async () => {};
  return client;
}

const whoAmI = () => new Api.users.GetUsers({ id: [new Api.InputUserSelf()] });

/** Uses the session until a moment after it is lost. */
async function use(lease: Lease): Promise<void> {
  const client = clientOf(lease);
  let lostAt = Number.POSITIVE_INFINITY;
  const renewing = setInterval(async () => {
    if (!(await renew(lease))) lostAt = Math.min(lostAt, performance.now());
  }, RENEW_MS);
  let hasWorked = false;
  try {
    await inTime(client.connect());
    while (performance.now() < lostAt + FORGETFUL_MS) {
      const isAnswered = await inTime(client.invoke(whoAmI())).catch(() => false);
      if (isAnswered && !hasWorked) process.stdout.write('works\n');
      if (isAnswered) hasWorked = true;
      await delay(PAUSE_MS);
    }
  } catch {
    // It could not even connect: somebody else has the session by now.
  } finally {
    clearInterval(renewing);
    await inTime(client.destroy()).catch(() => undefined);
  }
}

function inTime<Result>(work: Promise<Result>): Promise<Result> {
  work.catch(() => undefined);
  const late = delay(CALL_MS).then(() => Promise.reject(new Error('no answer')));
  return Promise.race([work, late]);
}

process.on('unhandledRejection', () => undefined);
for (;;) {
  const lease = await acquire();
  if (lease) await use(lease);
  else await delay(20);
}
