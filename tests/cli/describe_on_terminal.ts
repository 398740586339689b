import { execFileSync } from 'node:child_process';
import { describe, it } from '@jest/globals';

/** `describe`, skipped where no pseudo-terminal can be had. */
export const describeOnTerminal = hasScript() ? describe : skipped;

function hasScript(): boolean {
  try {
    return execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux');
  } catch {
    return false;
  }
}

function skipped(name: string): void {
  describe.skip(name, () => {
    it('needs the program `script` of util-linux: apt-get install bsdutils', () => undefined);
  });
}
