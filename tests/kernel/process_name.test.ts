import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { hasEnded, isProcessName, processName } from '../../src/kernel/process_name.js';

const describeWithProc = existsSync('/proc/self/stat') ? describe : describe.skip;

describeWithProc('the name of a process', () => {
  it('says whether the process has ended, and never of one that lives', async () => {
    expect(hasEnded(nameOf(process))).toBe(false);
    const child = await sleeper();
    const name = nameOf(child);
    expect(name).not.toBe(nameOf(process));
    expect(hasEnded(name)).toBe(false);
    child.kill('SIGSTOP');
    expect(hasEnded(name)).toBe(false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(hasEnded(name)).toBe(true);
    expect(processName(child.pid ?? 0)).toBeNull();
  });

  it('is not that of a later process with the same id', () => {
    const [, id = ''] = /:(\d+):\d+$/.exec(nameOf(process)) ?? [];
    const earlier = nameOf(process).replace(/:\d+$/, ':1');
    expect(earlier).toContain(`:${id}:`);
    expect(hasEnded(earlier)).toBe(true);
  });

  it('of another boot, machine or container says nothing, nor does any other text', () => {
    const [prefix, boot = '', namespace = '', ...rest] = nameOf(process).split(':');
    const gone = [rest[0], '1'];
    for (const name of [
      [prefix, boot.replace(/^./, 'z'), namespace, ...gone].join(':'),
      [prefix, boot, `${namespace}1`, ...gone].join(':'),
      [prefix, boot, namespace, 'x', '1'].join(':'),
      [prefix, boot, namespace, '1'].join(':'),
      [prefix, boot, namespace, '../1', '1'].join(':'),
      '10.0.0.7',
      '',
    ])
      expect(hasEnded(name)).toBe(false);
    expect(isProcessName('10.0.0.7')).toBe(false);
    expect(isProcessName(nameOf(process))).toBe(true);
  });
});

function nameOf({ pid }: { readonly pid?: number | undefined }): string {
  const name = processName(pid ?? 0);
  if (name === null) throw new Error('the process has no name');
  return name;
}

async function sleeper(): Promise<ChildProcess> {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  await once(child, 'spawn');
  return child;
}
