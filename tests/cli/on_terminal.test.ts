import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { codeOf } from '../journeys/journey.js';
import { describeOnTerminal } from './describe_on_terminal.js';
import { sharedService } from './shared_service.js';
import { onTerminal, type Size, TELEGATE, Terminal } from './terminal.js';

const shared = sharedService({ poolSize: 2 });

/** Runs the test with the command on a terminal. */
const on = (args: readonly string[], test: (terminal: Terminal) => Promise<void>, more = {}, size?: Size) =>
  onTerminal(args, { ...shared.environment, ...more }, test, size);

/** The terminal that everything must fit into, and a narrow one. */
const SIZES: readonly Size[] = [
  { columns: 80, rows: 24 },
  { columns: 40, rows: 12 },
];

const isWithin = ({ screen }: Terminal, { columns }: Size) =>
  screen.filter((line) => [...line].length > columns);

const ESCAPE = String.fromCharCode(27);

describeOnTerminal('a list on a terminal', () => {
  it('is a table with colours, which NO_COLOR switches off', async () => {
    await on(['sessions', 'list'], async (terminal) => {
      expect(await terminal.ended()).toBe(0);
      const [head = '', first = ''] = terminal.screen;
      expect(head).toMatch(/^ID {2}NAME +STATUS +UNTIL +ACCOUNT/);
      expect(first.indexOf('free')).toBe(head.indexOf('STATUS'));
      expect(terminal.raw).toContain(`${ESCAPE}[32m`);
    });
    await on(
      ['sessions', 'list'],
      async (terminal) => {
        await terminal.ended();
        expect(terminal.screen[1]).toContain('free');
        expect(terminal.raw).not.toContain(ESCAPE);
      },
      { NO_COLOR: '1' },
    );
  });
});

describeOnTerminal('telegate status --watch', () => {
  it('draws the pool in place, follows its changes, and ends on Ctrl-C with 130', async () => {
    await on(['status', '--watch'], async (terminal) => {
      await terminal.shows(/^free +2 {2}█{30}$/m);
      const lease = await shared.json<{ session_id: number; lease_id: string }>('pool', 'acquire');
      await terminal.shows(/^free +1 {2}█{15}░{15}$/m);
      await terminal.shows(/^in use +1 .* oldest for \d+ s$/m);
      await terminal.shows(/^ID {2}SESSION +HOLDER +HELD +EXPIRES$/m);
      await shared.run('pool', 'release', `${lease.session_id}`, '--lease', lease.lease_id);
      await terminal.shows(/^free +2 /m);
      expect(terminal.screen.filter((line) => line.startsWith('TeleGate at '))).toHaveLength(1);
      terminal.type('\x03');
      expect(await terminal.ended()).toBe(130);
    });
  });
});

describeOnTerminal('a screen', () => {
  it.each(SIZES)('of $columns columns is filled, and never wraps or truncates a time', async (size) => {
    const lease = await shared.json<{ session_id: number; lease_id: string }>('pool', 'acquire');
    const other = lease.session_id === 1 ? 2 : 1;
    await shared.run('pool', 'flood', `${other}`, '3600');
    for (const args of [['status', '--watch'], ['status'], ['sessions', 'list'], ['leases']]) {
      await on(
        args,
        async (terminal) => {
          await terminal.shows(args.includes('--watch') ? /^ID.*\n.*\d/m : /\d/);
          if (args.includes('--watch')) terminal.type('\x03');
          await terminal.ended();
          expect([args, isWithin(terminal, size)]).toEqual([args, []]);
          expect(terminal.screen.join('\n')).not.toMatch(/\d[:-]\d*…/);
        },
        {},
        size,
      );
    }
    await shared.run('pool', 'restore', `${other}`);
    await shared.run('pool', 'release', `${lease.session_id}`, '--lease', lease.lease_id);
  });
});

describeOnTerminal('telegate sessions login', () => {
  it('asks for phone, code and password, and shows no password', async () => {
    const { journey } = shared;
    const phone = '+9996620001';
    await on(['sessions', 'login', '--name', 'cleo'], async (terminal) => {
      await terminal.shows('Phone number, with +:');
      terminal.type('12\r');
      await terminal.shows(/Invalid phone number\nPhone number, with \+:$/m);
      terminal.type(`${phone}\r`);
      await terminal.shows(/Telegram sent a code to \+9996620001/);
      await terminal.shows(/Code:$/m);
      terminal.type('00000\r');
      await terminal.shows(/Invalid OTP code\nCode:$/m);
      terminal.type(`${codeOf(journey, phone)}\r`);
      await terminal.shows(/2FA password \(hint: battery staple\):$/m);
      terminal.type('wrong horse\r');
      await terminal.shows(/Invalid 2FA password\n2FA password \(hint: battery staple\):$/m);
      terminal.type('correct horse\r');
      await terminal.shows(/Session \d+ is saved: cleo, in cleo\.session\./);
      expect(await terminal.ended()).toBe(0);
      expect(terminal.raw).not.toContain('horse');
    });
    const sessions = await shared.json<{ name: string; id: number }[]>('sessions', 'list', '--q', 'cleo');
    expect(sessions).toMatchObject([{ name: 'cleo', status: 'free', phone_number: phone }]);
  });

  it('gives the login up on Ctrl-C', async () => {
    const { admin } = shared.journey;
    await on(['sessions', 'login'], async (terminal) => {
      await terminal.shows('Phone number, with +:');
      terminal.type('+9996620002\r');
      await terminal.shows(/Code:$/m);
      terminal.type('\x03');
      expect(await terminal.ended()).toBe(130);
      // So that the prompt of the shell begins a line.
      expect(terminal.raw).toMatch(/\n$/);
    });
    const { body } = await admin.get<{ action: string }[]>('/audit?limit=1');
    expect(body).toMatchObject([{ action: 'login.cancel', outcome: 'done' }]);
  });

  it('asks nobody elsewhere', async () => {
    const { exit, stderr } = await shared.run('sessions', 'login');
    expect([exit, stderr]).toEqual([2, 'login asks questions: run it on a terminal.\n']);
  });
});

describeOnTerminal('telegate sessions delete', () => {
  it('asks first', async () => {
    const count = async () => (await shared.json<object[]>('sessions', 'list')).length;
    const before = await count();
    await on(['sessions', 'delete', 'name:9996610001'], async (terminal) => {
      await terminal.shows('Delete session name:9996610001 and its file? [y/N]');
      terminal.type('\r');
      expect(await terminal.ended()).toBe(9);
      expect(terminal.screen).toContain('Nothing was done.');
    });
    expect(await count()).toBe(before);
    await on(['sessions', 'delete', '1'], async (terminal) => {
      await terminal.shows('[y/N]');
      terminal.type('y\r');
      expect(await terminal.ended()).toBe(0);
    });
    expect(await count()).toBe(before - 1);
  });
});

describeOnTerminal('telegate runs follow', () => {
  it('writes the log to a file, where the output goes to one', async () => {
    const created = await shared.json<{ id: number }>('sources', 'create', 'None', '@no_such_channel');
    const { body } = await shared.journey.admin.get<{ last_run: { id: number } }>(`/sources/${created.id}`);
    const directory = mkdtempSync(join(tmpdir(), 'followed-'));
    const follow = [...TELEGATE, 'runs', 'follow', `${body.last_run.id}`].join(' ');
    const terminal = new Terminal(['sh', '-c', `${follow} > ${directory}/log`], shared.environment);
    try {
      expect(await terminal.ended()).toBe(9);
      expect(readFileSync(join(directory, 'log'), 'utf8')).toMatch(/^run \d+ is failed: /m);
    } finally {
      terminal.kill();
      rmSync(directory, { recursive: true });
    }
    await shared.run('sources', 'delete', `${created.id}`, '--yes');
  });

  it('shows the log, and below it a bar in place', async () => {
    const created = await shared.json<{ id: number }>('sources', 'create', 'News', '@sandbox_news');
    const { body } = await shared.journey.admin.get<{ last_run: { id: number } }>(`/sources/${created.id}`);
    await on(['runs', 'follow', `${body.last_run.id}`], async (terminal) => {
      await terminal.shows(/^run \d+ is running with \S+\n[█░]{10,30} \d+ % {2}\d+ of \d+ messages/m);
      await terminal.shows(/info +reads with/);
      terminal.type('\x03');
      expect(await terminal.ended()).toBe(130);
      expect(terminal.screen.filter((line) => /^[█░]{10}/.test(line))).toHaveLength(1);
    });
    await shared.run('sources', 'delete', `${created.id}`, '--yes');
  });
});
