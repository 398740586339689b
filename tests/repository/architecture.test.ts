import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const text = readFileSync('docs/architecture.md', 'utf8');

/** The layers that the linter checks, lowest first. */
function checkedLayers(): string[] {
  const [, list = ''] = /LAYERS = \[(.*?)\]/s.exec(readFileSync('.dependency-cruiser.cjs', 'utf8')) ?? [];
  return [...list.matchAll(/'(\w+)/g)].map(([, name = '']) => name);
}

/** The layers of the picture, lowest first; those of one line together. */
function drawnLayers(): string[][] {
  const [, picture = ''] = /```\n(.*?)```/s.exec(text) ?? [];
  const lines = [...picture.matchAll(/^ ([a-z]+(?:, [a-z]+)*) {2}/gm)];
  return lines.map(([, names = '']) => names.split(', ')).reverse();
}

describe('docs/architecture.md', () => {
  it('names no path that does not exist', () => {
    const paths = [...text.matchAll(/`(\.?[\w/.-]+(?:\/|\.(?:ts|cjs|md)))`/g)].map(([, path = '']) => path);
    expect(paths.length).toBeGreaterThan(40);
    expect(paths.filter((path) => !existsSync(path))).toEqual([]);
  });

  it('draws the layers that are checked, in their order', () => {
    const heights = checkedLayers().map((layer) => drawnLayers().findIndex((line) => line.includes(layer)));
    expect(heights).not.toContain(-1);
    expect(heights).toEqual(heights.toSorted((one, other) => one - other));
  });
});
