import { describe, expect, it } from '@jest/globals';
import { sharedService } from './shared_service.js';

const shared = sharedService({ poolSize: 1 });

interface Source {
  readonly id: number;
  readonly is_active: string;
  readonly last_run: { readonly id: number; readonly state: string } | null;
}

const source = async (id: number) => (await shared.journey.admin.get<Source>(`/sources/${id}`)).must(200);

/** A private channel of six messages, read by the one session of the pool. */
const TEAM = ['-1001000000003', '--session', 'name:9996610001'];

/** Creates a source of a name; its id. */
const create = async (name: string, ...args: readonly string[]) =>
  (await shared.json<Source>('sources', 'create', name, ...(args.length > 0 ? args : TEAM))).id;

const runOf = async (id: number) => `${(await source(id)).last_run?.id}`;

describe('telegate sources', () => {
  it('creates a source, whose runs can be followed', async () => {
    const id = await create('Team');
    expect(await source(id)).toMatchObject({ name: 'Team', access_level: 'private', target: 'LOCAL' });
    const run = await runOf(id);
    const followed = await shared.run('runs', 'follow', run);
    expect(followed.exit).toBe(0);
    expect(followed.stdout).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}info .*completed: 6 new messages/m);
    expect(followed.stdout).toMatch(new RegExp(`^run ${run} is completed\n100 %  6 of 6 messages `, 'm'));
    expect(followed.stdout).not.toMatch(/█/);
  });

  it('triggers a source, and follows that run as JSON', async () => {
    const id = await create('Team again');
    await shared.run('runs', 'follow', await runOf(id));
    const { exit, stdout } = await shared.run('sources', 'trigger', `${id}`, '--follow', '--json');
    expect(exit).toBe(0);
    const seen = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(seen.at(-1)).toMatchObject({ source_id: id, reason: 'trigger', state: 'completed' });
  });

  it('lists the runs of all sources, and of one', async () => {
    const id = await create('Listed');
    const run = await runOf(id);
    await shared.run('runs', 'follow', run);
    const listed = await shared.json<{ id: number; state: string }[]>('runs', 'list', '--source-id', `${id}`);
    expect(listed).toMatchObject([{ id: Number(run), state: 'completed', source_name: 'Listed' }]);
    const { stdout } = await shared.run(
      'runs',
      'list',
      '--state',
      'completed',
      '--sort',
      '-id',
      '--limit',
      '1',
    );
    expect(stdout).toMatch(new RegExp(`^${run}\\tListed\\tcompleted\\tcreated\\t`));
    expect(await shared.json('sources', 'list', '--q', 'Listed', '--state', 'failed')).toEqual([]);
  });

  it('pauses a source, and resumes it', async () => {
    const id = await create('Paused', ...TEAM, '--schedule', '0 */6 * * *', '--file-types', '');
    const paused = await shared.run('sources', 'pause', `${id}`);
    expect(paused).toMatchObject({ exit: 0, stdout: `Source ${id} is paused.\n` });
    expect((await source(id)).is_active).toBe('inactive');
    await shared.run('sources', 'resume', `${id}`);
    const { stdout } = await shared.run('sources', 'list');
    expect(stdout).toMatch(/^\d+\tPaused\t1000000003\tLOCAL\t0 \*\/6 \* \* \*\tactive\t\d+\t/m);
  });

  it('deletes a source only if somebody agrees', async () => {
    const id = await create('Gone');
    const unasked = await shared.run('sources', 'delete', `${id}`);
    expect(unasked).toMatchObject({ exit: 2, stderr: expect.stringContaining('--yes') });
    expect(await shared.run('sources', 'delete', `${id}`, '--yes')).toMatchObject({ exit: 0 });
    expect(await shared.run('sources', 'delete', `${id}`, '--yes')).toMatchObject({ exit: 5 });
  });

  it('says what is refused of a new source', async () => {
    const unknown = await shared.run('sources', 'create', 'Team', '-1001000000003', '--session', 'nobody');
    expect(unknown.exit).toBe(5);
    const wrong = await shared.run('sources', 'create', 'News', '@sandbox_news', '--schedule', 'sometimes');
    expect(wrong.exit).toBe(3);
    expect(wrong.stderr).toContain('schedule');
  });

  it('ends with 9 where the run that it follows fails', async () => {
    const id = await create('None', '@no_such_channel');
    const { exit, stdout } = await shared.run('runs', 'follow', await runOf(id));
    expect(exit).toBe(9);
    expect(stdout).toMatch(/^run \d+ is failed: /m);
  });
});
