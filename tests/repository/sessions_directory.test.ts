import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

describe('the sessions directory of the repository', () => {
  it('keeps every session out of version control', () => {
    expect(readFileSync('sessions/.gitignore', 'utf8')).toBe('*\n!.gitignore\n!README.md\n');
  });

  it('says what belongs in it', () => {
    expect(readFileSync('sessions/README.md', 'utf8')).toContain('NAME.session');
  });
});
