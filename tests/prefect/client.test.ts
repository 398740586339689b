import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe as describeAlways, expect, it } from '@jest/globals';
import type { Timers } from '../../src/kernel/timers.js';
import { nodeTimers } from '../../src/kernel/timers.js';
import { PrefectClient } from '../../src/prefect/client.js';
import {
  PrefectConflict,
  PrefectError,
  PrefectNotFound,
  PrefectUnauthorized,
  PrefectUnreachable,
} from '../../src/prefect/errors.js';
import { PrefectHttp } from '../../src/prefect/http.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const SECRET = 'admin:hunter2';

/** Timers that fire at once, and note the delays of retries; deadlines never pass. */
function timersOf(delays: number[]): Timers {
  return {
    after(milliseconds, action) {
      const isDeadline = milliseconds === 60_000;
      if (!isDeadline) {
        delays.push(milliseconds);
        queueMicrotask(action);
      }
      return () => undefined;
    },
  };
}

const QUIET = { deadlineMs: 60_000 };

/** A test with an HTTP server that gives these answers, one after the other; the last one again and again. */
function answering(answers: readonly Answer[], test: (of: Under) => Promise<void>): () => Promise<void> {
  return async () => {
    const requests: IncomingMessage[] = [];
    const server = createServer((request, response) => {
      requests.push(request);
      answers[Math.min(requests.length, answers.length) - 1]?.(request, response);
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const delays: number[] = [];
    const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
    const http = (timers = timersOf(delays), address = {}) =>
      new PrefectHttp({
        address: { apiUrl, apiKey: null, authString: SECRET, ...address },
        timers,
        random: () => 1,
      });
    try {
      await test({ http, client: new PrefectClient(http()), requests, delays });
    } finally {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    }
  };
}

interface Under {
  readonly http: (timers?: Timers, address?: object) => PrefectHttp;
  readonly client: PrefectClient;
  readonly requests: readonly IncomingMessage[];
  /** Of retries, in milliseconds. */
  readonly delays: readonly number[];
}

function says(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

/** Where `fetch` announces that an answer is complete. */
const LAST_BYTE = 'undici:request:trailers';

const inTwoParts: Answer = (_, response) => {
  response.write('{');
  setTimeout(() => response.end('}'), 20);
};

const error = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );

describeAlways("a call of Prefect's API", () => {
  it(
    'carries user and password, or a key, and does not pass for a client of Prefect',
    answering([says(200, {})], async ({ http, requests }) => {
      await http().call('GET', '/flows/1', undefined, QUIET);
      await http(undefined, { authString: null, apiKey: 'pnu_1' }).call('POST', '/flows/', {}, QUIET);
      await http(undefined, { authString: null }).call('GET', '/flows/1', undefined, QUIET);
      expect(requests.map(({ headers }) => headers.authorization)).toEqual([
        `Basic ${Buffer.from(SECRET).toString('base64')}`,
        'Bearer pnu_1',
        undefined,
      ]);
      expect(requests.map(({ headers }) => headers['user-agent'])).toEqual([
        'telegate',
        'telegate',
        'telegate',
      ]);
    }),
  );

  it(
    'escapes what stands in its path',
    answering([says(200, {})], async ({ client, requests }) => {
      await client.workPool('a b/ü?', QUIET);
      expect(requests[0]?.url).toBe('/api/work_pools/a%20b%2F%C3%BC%3F');
    }),
  );

  it.each([408, 429, 502, 503, 504])('is repeated after %d', async (status) => {
    await answering(
      [says(status, {}), says(status, {}), says(200, '"3.9.1"')],
      async ({ client, delays }) => {
        expect(await client.version(QUIET)).toBe('3.9.1');
        expect(delays).toEqual([500, 1000]);
      },
    )();
  });

  it(
    'waits at least as long as Retry-After says, but not for minutes',
    answering(
      [says(503, {}, { 'retry-after': '7' }), says(429, {}, { 'retry-after': '600' })],
      async ({ client, delays }) => {
        expect(await error(client.version(QUIET))).toMatchObject({ retryAfterSeconds: 600 });
        expect(delays).toEqual([7000]);
      },
    ),
  );

  it(
    'is repeated seven times when nothing answers, or as often as is asked for',
    answering([(request) => request.socket.destroy()], async ({ client, requests }) => {
      const thrown = await error(client.version(QUIET));
      expect(thrown).toBeInstanceOf(PrefectUnreachable);
      expect(thrown).toMatchObject({ status: 503, code: 'prefect_unreachable' });
      expect(requests).toHaveLength(8);
      await error(client.version({ ...QUIET, retries: 0 }));
      expect(requests).toHaveLength(9);
    }),
  );

  it.each([
    [401, PrefectUnauthorized, 'prefect_unauthorized'],
    [403, PrefectUnauthorized, 'prefect_unauthorized'],
    [404, PrefectNotFound, 'prefect_not_found'],
    [409, PrefectConflict, 'prefect_conflict'],
    [307, PrefectError, 'prefect_error'],
    [422, PrefectError, 'prefect_error'],
    [500, PrefectError, 'prefect_error'],
  ])('fails at once with %d as a typed error', async (status, type, code) => {
    await answering([says(status, { detail: 'because' })], async ({ client, requests }) => {
      const thrown = await error(client.version(QUIET));
      expect(thrown).toBeInstanceOf(type);
      expect(thrown).toMatchObject({
        code,
        answered: status,
        message: expect.stringContaining(`${status}: because`),
      });
      expect(requests).toHaveLength(1);
    })();
  });

  it(
    'names the fields that Prefect refuses, not what was in them, and no secret',
    answering(
      [
        says(422, {
          exception_detail: [{ loc: ['body', 'name'], msg: 'too long', input: 'x' }],
          request_body: SECRET,
        }),
      ],
      async ({ client }) => {
        const thrown = await error(client.flow('f', QUIET));
        expect(String(thrown)).toContain('POST /flows/ with 422: body.name: too long');
        expect(JSON.stringify(thrown)).not.toContain('hunter2');
      },
    ),
  );

  it(
    'fails when the answer is no JSON, or longer than 16 MiB',
    answering([says(200, '<!doctype html>'), says(200, 'x'.repeat(2 ** 24 + 1))], async ({ client }) => {
      expect(String(await error(client.version(QUIET)))).toContain('something other than JSON');
      expect(String(await error(client.version(QUIET)))).toContain('more than 16777216 bytes');
    }),
  );

  it(
    'has a deadline for each attempt',
    answering([() => undefined], async ({ http, requests }) => {
      const client = new PrefectClient(http(nodeTimers));
      const thrown = await error(client.version({ deadlineMs: 50, retries: 0 }));
      expect(thrown).toBeInstanceOf(PrefectUnreachable);
      expect(String(thrown)).toContain('no answer within 0.05 s');
      expect(requests).toHaveLength(1);
    }),
  );

  it(
    'ends with its signal, during an attempt and between two',
    answering([() => undefined, says(503, {})], async ({ http }) => {
      const client = new PrefectClient(http(nodeTimers));
      const ended = new Error('ended');
      for (const afterMs of [20, 300]) {
        const abort = new AbortController();
        setTimeout(() => abort.abort(ended), afterMs);
        expect(await error(client.version({ signal: abort.signal }))).toBe(ended);
      }
      expect(await error(client.version({ signal: AbortSignal.abort(ended) }))).toBe(ended);
    }),
  );

  // Up to Node 22, the answer of a call that is aborted in this moment is never read to its end, nor does that fail
  // (undici/lib/web/fetch: `resume` leaves its loop when it finds the call aborted).
  it(
    'ends with its signal although its last byte has just arrived',
    answering([inTwoParts], async ({ http }) => {
      const abort = new AbortController();
      const ended = new Error('ended');
      const end = () => queueMicrotask(() => abort.abort(ended));
      subscribe(LAST_BYTE, end);
      try {
        expect(await error(http().call('GET', '/', undefined, { ...QUIET, signal: abort.signal }))).toBe(
          ended,
        );
      } finally {
        unsubscribe(LAST_BYTE, end);
      }
    }),
  );
});
