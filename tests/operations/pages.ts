import { readFileSync } from 'node:fs';

/** Where the pages for operators are. */
export const PAGES = 'docs/operations';

/** The blocks of code of a page in one language, dedented. */
export function blocksOf(page: string, language: string): string[] {
  const text = readFileSync(page, 'utf8');
  const found = text.matchAll(/^( *)```(\w+)\n([\s\S]*?)^\1```$/gm);
  return [...found]
    .filter(([, , ofLanguage]) => ofLanguage === language)
    .map(([, indent = '', , code = '']) => code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''));
}

/** The anchors of a page's headings. */
export function anchorsOf(page: string): string[] {
  const headings = readFileSync(page, 'utf8').matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}
