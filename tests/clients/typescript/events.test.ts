import { describe, expect, it } from '@jest/globals';
import { ConnectionFailed } from '../../../clients/typescript/src/errors.js';
import { until } from '../../service/manual_time.js';
import { some, withService } from '../../service/service.js';
import { clientOf, failureOf } from './client_under_test.js';

describe('client.events', () => {
  it(
    'tells what happens until the signal ends it, and leaves nothing behind',
    withService(
      async (service) => {
        const { client, runtime } = clientOf(service, { who: 'monitor' });
        const controller = new AbortController();
        const seen: string[] = [];
        const reading = (async () => {
          for await (const { event, data } of client.events(controller.signal)) {
            const { event: happened } = data as { event?: string };
            seen.push(happened ? `${event} ${happened}` : event);
          }
        })();
        await until(() => seen.includes('status'));
        await (await clientOf(service).client.pool.acquire()).release();
        await until(() => seen.includes('session released'));
        controller.abort(new Error('enough'));
        await expect(reading).rejects.toThrow('enough');
        await until(() => service.container.app !== null && runtime.waiting === 0);
      },
      { files: some(1) },
    ),
  );

  it(
    'ends with the service',
    withService(
      async (service) => {
        const { client } = clientOf(service, { who: 'monitor' });
        const seen: string[] = [];
        const reading = (async () => {
          for await (const { event } of client.events()) seen.push(event);
        })();
        await until(() => seen.length > 0);
        await service.stop();
        await reading;
      },
      { files: some(1) },
    ),
  );

  it(
    'says that the connection was cut, after what came before',
    withService(async (service) => {
      const { client, runtime } = clientOf(service, { who: 'monitor' });
      const chunks = ['event: status\ndata: {"free":1}\n\n', 'event: sess'];
      const stream = new ReadableStream({
        pull(controller) {
          const chunk = chunks.shift();
          if (chunk === undefined) controller.error(new TypeError('terminated'));
          else controller.enqueue(new TextEncoder().encode(chunk));
        },
      });
      runtime.fate = () => new Response(stream, { headers: { 'Content-Type': 'text/event-stream' } });
      const events = client.events();
      expect(await events.next()).toMatchObject({ value: { event: 'status', data: { free: 1 } } });
      const cut = await failureOf(events.next());
      expect(cut).toBeInstanceOf(ConnectionFailed);
      expect(String(cut)).toContain('terminated');
    }),
  );

  it(
    'says why there are none',
    withService(async (service) => {
      const { client } = clientOf(service);
      await expect(client.events().next()).rejects.toMatchObject({ status: 403, code: 'role_required' });
    }),
  );
});
