import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PROJECT_ROOT } from '../../src/kernel/project.js';

/** A fenced block of a page. */
export interface Block {
  /** Such as `sh`; empty: the block names none. */
  readonly language: string;
  /** The line of its first line of text in the page. */
  readonly line: number;
  readonly text: string;
  /** The anchor of the section that it stands in. */
  readonly section: string;
}

/** A link from one page to a file of the project. */
export interface Link {
  readonly target: string;
  readonly line: number;
}

/** A page of the documentation. */
export interface Page {
  /** Relative to the root of the project. */
  readonly path: string;
  readonly lines: readonly string[];
  readonly blocks: readonly Block[];
  /** The anchors of its headings. */
  readonly anchors: ReadonlySet<string>;
  readonly links: readonly Link[];
  /** What stands between backticks outside of blocks. */
  readonly code: readonly string[];
}

/** Generated, or about decisions of long ago: their blocks are no instructions. */
const NO_INSTRUCTIONS = /^docs\/(adr\/|references\.md$)/;

/** All pages whose links must lead somewhere. */
export const ALL_PAGES: readonly Page[] = [
  ...['README.md', 'CONTRIBUTING.md', 'sessions/README.md', 'web/README.md'],
  ...['clients/python/README.md', 'clients/typescript/README.md'],
  ...markdownBelow('docs'),
].map(readPage);

/** The pages for users, whose every block is run. */
export const PAGES: readonly Page[] = ALL_PAGES.filter(
  ({ path }) => /^(README|docs\/|clients\/)/.test(path) && !NO_INSTRUCTIONS.test(path),
);

/** The page at this path. */
export function pageAt(path: string): Page {
  const page = ALL_PAGES.find((one) => one.path === path);
  if (page === undefined) throw new Error(`there is no page ${path}`);
  return page;
}

/** The pages with blocks in one of these languages. */
export function pagesWith(...languages: readonly string[]): readonly Page[] {
  return PAGES.filter(({ blocks }) => blocks.some(({ language }) => languages.includes(language)));
}

/** The file and the anchor that a link leads to, relative to the root of the project; null: to another host. */
export function destination(
  page: Page,
  { target }: Link,
): { readonly path: string; readonly anchor: string | null } | null {
  if (/^[a-z]+:/.test(target)) return null;
  const [file = '', anchor = null] = target.split('#');
  return { path: file === '' ? page.path : join(dirname(page.path), file), anchor };
}

function markdownBelow(directory: string): string[] {
  const names = readdirSync(join(PROJECT_ROOT, directory), { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.md') && statSync(join(PROJECT_ROOT, directory, name)).isFile())
    .map((name) => join(directory, name))
    .sort();
}

function readPage(path: string): Page {
  const lines = readFileSync(join(PROJECT_ROOT, path), 'utf8').split('\n');
  const blocks: Block[] = [];
  const anchors = new Set<string>();
  const links: Link[] = [];
  const code: string[] = [];
  let section = '';
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const fence = /^```([\w-]*)$/.exec(line);
    if (fence) {
      const end = lines.indexOf('```', at + 1);
      if (end < 0) throw new Error(`${path}:${at + 1}: the block does not end`);
      const text = lines.slice(at + 1, end).join('\n');
      blocks.push({ language: fence[1] ?? '', line: at + 2, text, section });
      at = end;
      continue;
    }
    const heading = /^#+ (.*)$/.exec(line)?.[1];
    if (heading !== undefined) {
      section = freeAnchor(heading, anchors);
      anchors.add(section);
    }
    for (const [, target = ''] of line.matchAll(/\]\(([^)\s]+)\)/g)) links.push({ target, line: at + 1 });
    for (const [, text = ''] of line.matchAll(/`([^`]+)`/g)) code.push(text);
  }
  return { path, lines, blocks, anchors, links, code };
}

/** The anchor that GitHub gives a heading: one that occurs again gets a number. */
function freeAnchor(heading: string, taken: ReadonlySet<string>): string {
  const anchor = heading
    .toLowerCase()
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
  for (let number = 0; ; number += 1) {
    const free = number === 0 ? anchor : `${anchor}-${number}`;
    if (!taken.has(free)) return free;
  }
}
