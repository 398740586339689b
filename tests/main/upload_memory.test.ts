import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { withPrograms } from './program.js';

const KEY = 'admin-key-of-tests';
const MIB = 2 ** 20;
const SIZE = 60 * MIB;

/** The header of a SQLite file, so that the whole file is read. */
const MAGIC = Buffer.from('SQLite format 3\0', 'latin1');

/** Uploads a file of 60 MiB that is no session; the status that is answered. */
function upload(port: number): Promise<number> {
  const part = 'Content-Disposition: form-data; name="session_file"; filename="a.session"';
  const [head, tail] = [Buffer.from(`--b\r\n${part}\r\n\r\n`), Buffer.from('\r\n--b--\r\n')];
  const length = head.length + SIZE + tail.length;
  const fields = `Host: x\r\nX-API-Key: ${KEY}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: ${length}`;
  const chunk = Buffer.alloc(MIB, 'x');
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let heard = '';
    let sent = 0;
    const more = () => {
      while (sent < SIZE) {
        sent += MIB;
        if (!socket.write(sent === MIB ? Buffer.concat([MAGIC, chunk.subarray(MAGIC.length)]) : chunk))
          return;
      }
      socket.off('drain', more);
      socket.write(tail);
    };
    const answered = () => {
      resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(heard)?.[1] ?? 0));
      socket.destroy();
    };
    socket.on('data', (data) => {
      heard += data.toString();
      answered();
    });
    socket.on('error', answered).on('close', answered);
    socket.write(`POST /sessions/upload-file HTTP/1.1\r\n${fields}\r\n\r\n`);
    socket.write(head);
    socket.on('drain', more);
    more();
  });
}

function peakMib(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

it(
  'a dozen uploads of 60 MiB at once take the memory of one; the excess ones are told to retry',
  withPrograms(async (start, directory) => {
    const program = start({ API_KEYS: KEY });
    const { url } = await program.ready();
    const port = Number(new URL(url).port);
    expect(await upload(port)).toBe(400);
    const one = peakMib(program.pid);
    const statuses = await Promise.all(Array.from({ length: 12 }, () => upload(port)));
    expect(statuses.filter((status) => status === 400).length).toBeGreaterThanOrEqual(4);
    expect(statuses.filter((status) => status !== 400 && status !== 503)).toEqual([]);
    const twelve = peakMib(program.pid);
    expect(twelve - one).toBeLessThan(130);
    expect(readdirSync(join(directory, 'data', 'uploads'))).toEqual([]);
  }),
);
