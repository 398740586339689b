import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** The standards that a page is held to. */
const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Resolves when nothing fades any more, as colours do after a change of the theme: axe would find those in between. */
const SETTLED = `new Promise((resolve) => {
  const isFading = () => document.getAnimations().some((one) => one instanceof CSSTransition);
  const look = () => isFading() ? setTimeout(look, 10) : resolve();
  look();
})`;

/**
 * What axe finds wrong with what the page shows, in its state as it is: by all standards, or by these rules of them. Of
 * a page with an open dialog, the dialog alone is looked at.
 */
export async function violationsOn(page: Page, only: readonly string[] = STANDARDS): Promise<string[]> {
  // Not as a script element: the page's policy forbids it. Half a megabyte is sent once a page, not once a look at it.
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(source);
  await page.evaluate(SETTLED);
  const violations = (await page.evaluate(
    `axe.run(document.querySelector('[role=dialog]') ?? document, { runOnly: ${JSON.stringify(only)} }).then(({ violations }) => violations)`,
  )) as readonly Violation[];
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
  );
}
