import { createHash } from 'node:crypto';
import { addPublicKey } from '@mtcute/node/utils.js';
import { _serverKeys } from 'telegram/crypto/RSA.js';
import { returnBigInt } from 'telegram/Helpers.js';
import { Api } from 'telegram/index.js';
import type { Pool } from '../../../clients/typescript/src/pool.js';
import { TeleGate } from '../../../clients/typescript/src/telegate.js';
import { application } from '../../sandbox/gramjs.js';

/** What a worker of its own process is told when it starts. */
export interface WorkerSettings {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly library: 'gramjs' | 'mtcute';
  /** The data centres' key. */
  readonly rsa: {
    readonly pem: string;
    readonly fingerprint: string;
    readonly modulus: string;
    readonly exponent: number;
  };
}

/** Next, it leases a session, downloads a file, ends its work, aborts it, or has nothing left to do. */
export type WorkerOrder = 'lease' | 'download' | 'return' | 'abort' | 'end';

/** It is connected, has downloaded the file, or has given the session back. */
export type WorkerReport = 'connected' | 'downloaded' | `left: ${string}`;

/** A public channel whose files lie in another data centre than the account. */
const CHANNEL = 'sandbox_archive';

/** Works with a client of one library; `download` gets one file of the channel. */
type Work = (download: () => Promise<unknown>) => Promise<void>;
type Connect = (pool: Pool, work: Work, signal: AbortSignal) => Promise<void>;

const CONNECT: Readonly<Record<WorkerSettings['library'], Connect>> = {
  gramjs: (pool, work, signal) =>
    pool.withTelegram(
      async (telegram) => {
        await telegram.invoke(new Api.users.GetUsers({ id: [new Api.InputUserSelf()] }));
        await work(async () => {
          for (const message of await telegram.getMessages(CHANNEL, { limit: 100 }))
            if (message.document) return telegram.downloadMedia(message);
          throw new Error('there is no file');
        });
      },
      { ...application, signal },
    ),
  mtcute: (pool, work, signal) =>
    pool.withMtcute(
      async (telegram) => {
        await telegram.call({ _: 'users.getUsers', id: [{ _: 'inputUserSelf' }] });
        await work(async () => {
          for await (const { media } of telegram.iterHistory(CHANNEL, { limit: 100 }))
            if (media?.type === 'document') return telegram.downloadAsBuffer(media);
          throw new Error('there is no file');
        });
      },
      // The sandbox knows no temporary keys.
      { ...application, signal, client: { network: { usePfs: false } } },
    ),
};

const { baseUrl, apiKey, library, rsa }: WorkerSettings = JSON.parse(process.argv[2] ?? '');
_serverKeys.set(rsa.fingerprint, { n: returnBigInt(rsa.modulus), e: rsa.exponent });
addPublicKey({ sha1: (data: Uint8Array) => createHash('sha1').update(data).digest() } as never, rsa.pem);

const { pool } = new TeleGate({ baseUrl, apiKey });
const report = (text: WorkerReport) => void process.send?.(text);
const waiting = new Map<WorkerOrder, () => void>();
const ordered = (order: WorkerOrder) => new Promise<void>((resolve) => waiting.set(order, resolve));
let controller = new AbortController();

async function leaseOne(): Promise<void> {
  controller = new AbortController();
  const work: Work = async (download) => {
    report('connected');
    const returned = ordered('return');
    const working = ordered('download')
      .then(download)
      .then(() => report('downloaded'));
    await Promise.race([returned, working.then(() => returned)]);
  };
  await CONNECT[library](pool, work, controller.signal).then(
    () => report('left: returned'),
    (error: unknown) => report(`left: ${error}`),
  );
}

process.on('message', (order: WorkerOrder) => {
  if (order === 'lease') void leaseOne();
  else if (order === 'abort') controller.abort(new Error('the worker stops'));
  else if (order === 'end') process.disconnect();
  else waiting.get(order)?.();
});
