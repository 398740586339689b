import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { command, succeed } from './command.js';
import { describeOnTerminal } from './describe_on_terminal.js';
import { Terminal } from './terminal.js';

const directory = mkdtempSync(join(tmpdir(), 'completion-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** How each shell is asked for what it would offer after these words; the last one is completed. */
const ASKING: Readonly<Record<string, (words: readonly string[]) => readonly string[]>> = {
  bash: (words) => [
    '-c',
    `source ./bash; COMP_WORDS=(${quoted(words)}); COMP_CWORD=${words.length - 1}; _telegate; printf '%s\\n' "\${COMPREPLY[@]}"`,
  ],
  zsh: (words) => [
    '-fc',
    `compdef() { :; }; _describe() { print -l -- "\${described[@]%%:*}"; }; compadd() { shift; print -l -- "$@"; }
     _files() { print -l -- *; }; _message() { :; }; source ./zsh; words=(${quoted(words)}); CURRENT=${words.length}; PREFIX=''; _telegate`,
  ],
  fish: (words) => ['-c', `source ./fish; complete -C ${quoted([words.join(' ')])}`],
};

function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word}'`).join(' ');
}

function isThere(shell: string): boolean {
  try {
    execFileSync(shell, ['-c', 'true']);
    return true;
  } catch {
    return false;
  }
}

describe.each(Object.keys(ASKING))('the completion for %s', (shell) => {
  const test = isThere(shell) ? it : it.skip;
  const offers = (...words: readonly string[]) => {
    const args = ASKING[shell]?.(['telegate', ...words]) ?? [];
    const shown = execFileSync(shell, [...args], { cwd: directory, encoding: 'utf8' });
    return shown.split('\n').map((line) => line.split('\t')[0] ?? '');
  };

  beforeAll(async () => {
    writeFileSync(join(directory, shell), await succeed('completion', shell));
    writeFileSync(join(directory, 'a.session'), '');
  });

  test('offers commands, and their commands', () => {
    expect(offers('')).toEqual(expect.arrayContaining(['serve', 'pool', 'sessions', 'backup', 'completion']));
    expect(offers('pool', '')).toEqual(expect.arrayContaining(['acquire', 'release', 'flood']));
    expect(offers('pool', '')).not.toContain('serve');
  });

  test('offers options, and their values', () => {
    expect(offers('pool', 'acquire', '--')).toEqual(expect.arrayContaining(['--wait', '--ttl', '--json']));
    expect(offers('pool', 'acquire', '--')).not.toContain('--lease');
    expect(offers('sessions', 'list', '--status', '')).toEqual(expect.arrayContaining(['free', 'flood']));
    expect(offers('pool', 'acquire', '--wait', '').filter((word) => word !== '')).toEqual([]);
  });

  test('offers files where files are wanted', () => {
    expect(offers('sessions', 'import', '')).toContain('a.session');
    expect(offers('sessions', 'export', '1', '--output', '')).toContain('a.session');
    expect(offers('leases', '')).not.toContain('a.session');
  });
});

/** How each shell is started without anybody's settings, reads the completion, and has a command to complete. */
const INTERACTIVE: Readonly<Record<string, { readonly [name in 'words' | 'reads' | 'stub']: string }>> = {
  bash: {
    words: 'bash --norc --noprofile',
    reads: 'source ./bash',
    stub: 'telegate() { echo "ran: $*"; }',
  },
  zsh: {
    words: 'zsh -f',
    reads: 'autoload -U compinit; compinit -D -u; source ./zsh',
    stub: 'telegate() { echo "ran: $*"; }',
  },
  fish: {
    words: 'fish --no-config',
    reads: 'source ./fish',
    stub: 'function telegate; echo ran: $argv; end',
  },
};

for (const [shell, { words, reads, stub }] of Object.entries(INTERACTIVE)) {
  const test = isThere(shell) ? it : it.skip;
  describeOnTerminal(`the completion for ${shell}, on a terminal`, () => {
    test('completes what is typed with Tab', async () => {
      writeFileSync(join(directory, shell), await succeed('completion', shell));
      const environment = { TERM: 'xterm', HOME: directory, PS1: '> ' };
      const terminal = new Terminal(['sh', '-c', `cd ${directory}; exec ${words}`], environment);
      try {
        terminal.type(`${stub}\r${reads}; echo re''ady\r`);
        await terminal.shows(/^ready/m);
        terminal.type('telegate pool acq\t--wa\t5\r');
        await terminal.shows('ran: pool acquire --wait 5');
        terminal.type('telegate sessions list --status flo\t\r');
        await terminal.shows('ran: sessions list --status flood');
        terminal.type('telegate sessions import a.se\t\r');
        await terminal.shows('ran: sessions import a.session');
      } finally {
        terminal.kill();
      }
    });
  });
}

describe('telegate completion', () => {
  it('says which shells it knows', async () => {
    expect(await command('completion', 'csh')).toMatchObject({ exit: 2 });
    expect((await command('completion', '--help')).stdout).toMatch(/bash.*\n.*zsh/s);
  });
});
