import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { until } from '../service/manual_time.js';
import { KEYS, type Service, some, withService } from '../service/service.js';

describe('a body that arrives too slowly', () => {
  it(
    'is answered with 408, and its connection is closed, even at one byte from time to time',
    withService(async (service) => {
      const sender = await send(service, '/release', 'application/json', 1000);
      await sender.write('{"session_id": ');
      await service.time.advance(29);
      await sender.write('1');
      expect(sender.answer()).toBe('');
      await service.time.advance(2);
      await sender.closed;
      expect(sender.answer()).toMatch(/^HTTP\/1\.1 408 /);
      expect(sender.answer()).toContain('expected 16384 bytes in 30 seconds');
      expect(service.log.filter((line) => JSON.parse(line).level === 'error')).toEqual([]);
    }),
  );

  it(
    'leaves nothing of an upload',
    withService(async (service) => {
      const upload = await send(service, '/sessions/upload-file', 'multipart/form-data; boundary=b', 100_000);
      const head = '--b\r\nContent-Disposition: form-data; name="session_file"; filename="x.session"\r\n\r\n';
      await upload.write(`${head}half of it`);
      await service.time.advance(31);
      await upload.closed;
      expect(upload.answer()).toMatch(/^HTTP\/1\.1 408 /);
      await until(() => readdirSync(join(service.dataDir, 'uploads')).length === 0);
    }),
  );

  it(
    'is accepted as long as enough of it arrives; a request without a body may wait for longer',
    withService(
      async (service) => {
        await service.lease();
        const held = service
          .as('worker')
          .get('/session?wait=60')
          .then(({ status }) => status);
        await until(() => service.container.pool.waiting === 1);
        const text = `{"note": "${'x'.repeat(40_000)}", "session_id": 1}`;
        const sender = await send(service, '/release', 'application/json', text.length);
        await sender.write(text.slice(0, 20_000));
        await service.time.advance(31);
        await sender.write(text.slice(20_000));
        await until(() => sender.answer() !== '');
        expect(sender.answer()).toMatch(/^HTTP\/1\.1 200 /);
        expect(await held).toBe(200);
        sender.end();
      },
      { files: some(1) },
    ),
  );
});

interface Sender {
  /** Sends this part of the body; resolves when it has arrived. */
  write(text: string): Promise<void>;
  /** The response so far. */
  answer(): string;
  end(): void;
  readonly closed: Promise<void>;
}

/** Sends the head of a request; the test sends the body. */
async function send(service: Service, path: string, type: string, length: number): Promise<Sender> {
  const accepted = new Promise<Socket>((resolve) => service.server.once('connection', resolve));
  const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  let answer = '';
  socket.on('data', (chunk) => {
    answer += String(chunk);
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const peer = await accepted;
  let sent = 0;
  const write = async (text: string) => {
    sent += text.length;
    socket.write(text);
    await until(() => peer.bytesRead >= sent);
  };
  const head = [
    `POST ${path} HTTP/1.1`,
    'Host: x',
    `X-API-Key: ${path === '/release' ? KEYS.worker : KEYS.admin}`,
    `Content-Type: ${type}`,
  ];
  await write(`${[...head, `Content-Length: ${length}`].join('\r\n')}\r\n\r\n`);
  return { write, answer: () => answer, end: () => socket.destroy(), closed };
}
