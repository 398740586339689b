import { describe, expect, it } from '@jest/globals';
import { logIn, post, withTelegram } from '../logins/over_sandbox.js';
import { until } from '../service/manual_time.js';
import { hashOf, idsOf, lastRun, linesOf, logOf, makeSource, runOnce } from './scraped.js';

const [ADA, BEN] = ['+9996610001', '+9996610002'];
const NEWS = 'sandbox_news';

describe('a run of a source', () => {
  it(
    'stores every message once and in order, and every file by its content',
    withTelegram(async (world) => {
      const { service, sandbox } = world;
      await logIn(world, ADA);
      const id = await makeSource(service, NEWS);
      const run = await lastRun(service, id);
      expect(run).toMatchObject({ state: 'completed', error: null });
      const lines = linesOf(service, id);
      expect(lines.map((line) => line.id)).toEqual(idsOf(sandbox, 'Sandbox News'));
      const files = lines.flatMap(({ file }) => file ?? []);
      expect(files).toHaveLength(run.files_done);
      for (const { path, sha256 } of files) expect(hashOf(service, path ?? '')).toBe(sha256);
      const { body } = await service.as('admin').get(`/sources/${id}`);
      expect(body).toMatchObject({
        channel_title: 'Sandbox News',
        total_messages_scraped: lines.length,
        total_files_downloaded: files.length,
        last_run: { state: 'completed' },
      });
      const end = `completed: ${lines.length} new messages, ${files.length} files`;
      expect((await logOf(service, id)).at(-1)).toMatchObject({ level: 'info', message: end });
      expect(await service.status()).toMatchObject({ free: 1, in_use: 0 });
      expect(sandbox.connections.overlaps()).toEqual([]);
    }),
    120_000,
  );

  it(
    'reads nothing that is already stored when it is triggered again',
    withTelegram(async (world) => {
      const { service } = world;
      await logIn(world, ADA);
      const id = await makeSource(service, NEWS, { file_types: [] });
      const first = await lastRun(service, id);
      const lines = linesOf(service, id);
      const { body } = await post(service, `/sources/${id}/trigger`, {}).expect(200);
      const again = await runOnce(service, id, (run) => run.id === body.run_id && run.state === 'completed');
      expect(again.messages_stored).toBe(0);
      expect(linesOf(service, id)).toEqual(lines);
      expect(first.messages_stored).toBe(lines.length);
    }),
    120_000,
  );

  it(
    'continues with another session after a flood wait, where it stopped',
    withTelegram(async (world) => {
      const { service, sandbox } = world;
      await logIn(world, ADA);
      await logIn(world, BEN);
      const id = await makeSource(service, NEWS, { file_types: [] });
      await runOnce(service, id, ({ messages_stored }) => messages_stored >= 500);
      sandbox.faults.add({ fault: 'FLOOD_WAIT_3600', method: 'messages.getHistory', times: 1 });
      expect(await lastRun(service, id)).toMatchObject({ state: 'completed' });
      expect(linesOf(service, id).map((line) => line.id)).toEqual(idsOf(sandbox, 'Sandbox News'));
      expect(sandbox.connections.overlaps()).toEqual([]);
    }),
    120_000,
  );

  it(
    'continues when its lease is ended by an admin, even while it sleeps through a short flood wait',
    withTelegram(async (world) => {
      const { service, sandbox } = world;
      const { id: session_id } = await logIn(world, ADA);
      sandbox.faults.add({ fault: 'FLOOD_WAIT_29', method: 'messages.getHistory', times: 1 });
      const id = await makeSource(service, NEWS, { file_types: [] });
      await until(async () => (await logOf(service, id)).some(({ level }) => level === 'warning'));
      await post(service, '/release', { session_id }).expect(200);
      expect(await lastRun(service, id)).toMatchObject({ state: 'completed' });
      expect((await logOf(service, id)).map(({ message }) => message)).toContainEqual(
        expect.stringMatching(/the lease of .* ended/),
      );
      expect(linesOf(service, id).map((line) => line.id)).toEqual(idsOf(sandbox, 'Sandbox News'));
    }),
    60_000,
  );

  it(
    'reads a message again whose file reference expired, and skips a file that Telegram refuses',
    withTelegram(async (world) => {
      const { service, sandbox } = world;
      await logIn(world, ADA);
      sandbox.faults.add({ fault: 'FILE_REFERENCE_EXPIRED', method: 'upload.getFile', times: 1 });
      sandbox.faults.add({ fault: 'LOCATION_INVALID', method: 'upload.getFile', times: 1 });
      const id = await makeSource(service, NEWS);
      const run = await lastRun(service, id);
      expect(run).toMatchObject({ state: 'completed', files_skipped: 1 });
      expect(linesOf(service, id).map((line) => line.id)).toEqual(idsOf(sandbox, 'Sandbox News'));
      const { body } = await service.as('admin').get(`/runs/${run.id}/files?limit=1000`).expect(200);
      const skipped = body.filter((file: { state: string }) => file.state === 'skipped');
      expect(skipped).toMatchObject([{ path: null, reason: 'Telegram refuses it (LOCATION_INVALID)' }]);
      expect(await service.status()).toMatchObject({ free: 1 });
    }),
    60_000,
  );

  it(
    'explains why it failed',
    withTelegram(async (world) => {
      await logIn(world, ADA);
      const id = await makeSource(world.service, 'nobody_has_this_name');
      expect(await lastRun(world.service, id)).toMatchObject({
        state: 'failed',
        error: expect.stringContaining('no such channel'),
      });
    }),
    60_000,
  );
});
