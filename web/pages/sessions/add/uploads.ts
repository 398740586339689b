import { send } from '../../../api/client.js';
import { outdated } from '../../../api/queries.js';
import type { Session } from '../../../api/sessions.js';
import { createStore } from '../../../api/store.js';

/** A file on its way into the pool. */
export interface Upload {
  readonly id: number;
  readonly file: File;
  readonly name: string;
  readonly phone: string;
  readonly state: 'waiting' | 'sending' | 'saved' | 'refused';
  readonly session?: Session;
  readonly error?: unknown;
}

/** Its name does not end in `.session`. */
export class NotSessionFile extends Error {}

/** Each is checked with Telegram, which takes a moment. */
const AT_ONCE = 3;

/** All uploads since the list was cleared: they go on while the dialog is closed. */
export const uploads = createStore<readonly Upload[]>([]);

let made = 0;

/** Adds files, and begins to send them. Name and phone number count for a single file. */
export function upload(files: readonly File[], { name = '', phone = '' } = {}): void {
  const isSingle = files.length === 1;
  const added = files.map((file): Upload => {
    made += 1;
    const own = isSingle ? name.trim() : '';
    return {
      ...{ id: made, file, state: 'waiting', phone: isSingle ? phone.trim() : '' },
      name: own || file.name.replace(/\.session$/i, ''),
    };
  });
  uploads.set((before) => [...before, ...added]);
  for (let at = 0; at < AT_ONCE; at += 1) void work();
}

/** Sends those again that were refused. */
export function retryRefused(): void {
  uploads.set((before) =>
    before.map((one) => {
      if (one.state !== 'refused') return one;
      const { error: _forgotten, ...rest } = one;
      return { ...rest, state: 'waiting' };
    }),
  );
  for (let at = 0; at < AT_ONCE; at += 1) void work();
}

/** Sends none of those that wait. */
export function stopUploads(): void {
  uploads.set((before) => before.filter(({ state }) => state !== 'waiting'));
}

export function clearUploads(): void {
  uploads.set([]);
}

async function work(): Promise<void> {
  for (let next = take(); next; next = take()) change(next.id, await sent(next));
}

function take(): Upload | undefined {
  const { length } = uploads.get().filter(({ state }) => state === 'sending');
  const next = length < AT_ONCE ? uploads.get().find(({ state }) => state === 'waiting') : undefined;
  if (next) change(next.id, { state: 'sending' });
  return next;
}

function change(id: number, how: Partial<Upload>): void {
  uploads.set((before) => before.map((one) => (one.id === id ? { ...one, ...how } : one)));
}

async function sent({ file, name, phone }: Upload): Promise<Partial<Upload>> {
  if (!/\.session$/i.test(file.name)) return { state: 'refused', error: new NotSessionFile() };
  const body = new FormData();
  body.set('session_file', file);
  body.set('session_name', name);
  if (phone) body.set('phone_number', phone);
  try {
    const session = (await send('post', '/sessions/upload-file', { body })) as Session;
    outdated('sessions', 'status');
    return { state: 'saved', session };
  } catch (error) {
    return { state: 'refused', error };
  }
}
