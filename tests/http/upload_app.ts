import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { z } from 'zod';
import { defineRoute, type Route, type UploadedFile } from '../../src/http/route.js';
import { Uploads } from '../../src/http/uploads.js';
import { type SmallApp, withRoutes } from './small_app.js';

/** The largest file that `/with` accepts. */
export const MAX_BYTES = 64 * 1024;

/** Where files are received, in this process's tests. */
export const UPLOADS = join(tmpdir(), `uploads-${process.pid}`);

/** A file's content: every possible byte. */
export const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));

/** What a handler was given. */
export interface Given {
  readonly input: unknown;
  readonly file: (Pick<UploadedFile, 'field' | 'name'> & { readonly bytes: Buffer }) | null;
}

/** The routes `/with` a file and `/without`; what they are given is noted in order. */
export function uploadRoutes(given: Given[] = []): Route[] {
  const uploads = new Uploads(UPLOADS, randomUUID);
  const file = { field: 'session_file', maxBytes: MAX_BYTES, uploads };
  return [route('/with', given, { file }), route('/without', given)];
}

function route(path: string, given: Given[], file: Pick<Route, 'file'> = {}): Route {
  return defineRoute({
    method: 'post',
    path,
    tag: 'Test',
    summary: 'Takes what comes',
    access: 'public',
    from: 'any',
    ...file,
    input: z.object({ note: z.string().optional() }),
    responses: { 200: { description: 'What came' } },
    async handle({ input, file }) {
      const read = file && { field: file.field, name: file.name, bytes: await file.use((bytes) => bytes) };
      given.push({ input, file: read });
      return { body: { name: read?.name ?? null, size: read?.bytes.length ?? null } };
    },
  });
}

/** Runs the test with these routes, and checks that there was no unexpected error. */
export function uploading(test: (app: SmallApp, given: Given[]) => Promise<void>): () => Promise<void> {
  return () => {
    const given: Given[] = [];
    const run = withRoutes(uploadRoutes(given), async (app) => {
      await test(app, given);
      expectNothing(app.log);
    });
    return run();
  };
}

function expectNothing(log: readonly string[]): void {
  if (log.length > 0) throw new Error(`unexpected: ${log.join('')}`);
}

/** Uploads a small file to `/with`. */
export function upload({ server }: SmallApp): request.Test {
  return request(server).post('/with').attach('session_file', bytes, 'x');
}

/** Sends a multipart body with the boundary `b`, and nothing more; returns the whole response. */
export async function raw(app: SmallApp, body: string): Promise<string> {
  const { socket, heard, ended } = open(app);
  socket.write(`${head(Buffer.byteLength(body))}Connection: close\r\n\r\n${body}`);
  await ended;
  return heard();
}

/** An upload's first bytes, and the rest of them. */
const HELD = '--b\r\nContent-Disposition: form-data; name="session_file"; filename="held"\r\n\r\n';
export const REST = 'half\r\n--b--\r\n';

/** An upload, sent except for the file's bytes; `length`: of the whole body. */
export async function begin(
  app: SmallApp,
  length = HELD.length + REST.length,
): Promise<{ socket: Socket; heard: () => string }> {
  const { socket, heard } = open(app);
  socket.write(`${head(length)}\r\n${HELD}`);
  return { socket, heard };
}

function head(length: number): string {
  const type = 'Content-Type: multipart/form-data; boundary=b';
  return `POST /with HTTP/1.1\r\nHost: x\r\n${type}\r\nContent-Length: ${length}\r\n`;
}

function open({ port }: SmallApp) {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  socket.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return { socket, heard: () => text, ended };
}
