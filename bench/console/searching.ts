import type { Page } from 'playwright-core';
import { Client } from '../client.js';
import { below, type Finding } from '../finding.js';
import { median, timed } from '../statistics.js';
import type { Desk } from './desk.js';

const MAX_MS = 300;

/** Each search is typed, and each list asked for, this often. */
const ROUNDS = 7;

/** Between one thing that is typed and the next. */
const PAUSE_MS = 1_000;

/** What is typed into the search of a page, and what each row that is found has in it. */
const SEARCHES = [
  { path: '/sessions', typed: 'session9999', found: 'session9999' },
  { path: '/sources', typed: 'source 999', found: 'Source 999' },
  { path: '/runs', typed: '@channel_999', found: 'Source 999' },
  { path: '/leases', typed: 'session123', found: 'session123' },
  { path: '/audit', typed: 'session:9999', found: 'Session 9999' },
];

/** The orders of each list that the console offers. */
const LISTS: Readonly<Record<string, readonly string[]>> = {
  sessions: ['name', 'status', 'last_used_at', 'created_at'],
  sources: ['name', 'target', 'last_scraped_at', 'total_messages_scraped'],
  runs: ['id', 'messages_read', 'files_done', 'started_at'],
  leases: ['leased_at', 'expires_at', 'session_name', 'holder'],
  audit: ['at'],
};

/** How long it takes from the last key of a search until what it finds is there, and until sorted lists answer. */
export async function searching(desk: Desk): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const search of SEARCHES) {
    const ms = await desk.visit((page) => searched(page, search));
    findings.push(below(`search of ${search.path}, from key to row`, { value: ms, unit: 'ms' }, MAX_MS));
  }
  return [...findings, ...(await sorted(desk))];
}

async function searched(page: Page, { path, typed, found }: (typeof SEARCHES)[number]): Promise<number> {
  const times: number[] = [];
  await page.goto(path);
  await page.locator('tbody tr').first().getByRole('cell').nth(1).waitFor();
  const field = page.getByRole('searchbox');
  for (let round = 0; round < ROUNDS; round += 1) {
    await field.fill(typed.slice(0, -1));
    await page.waitForTimeout(PAUSE_MS);
    const shown = page.evaluate(untilShown(found));
    await page.waitForTimeout(PAUSE_MS);
    const [ms] = await Promise.all([shown, field.press(typed.slice(-1))]);
    times.push(Number(ms));
  }
  return median(times);
}

/** Within the page, since the way there and back counts for the measuring only: from a key until all rows have it. */
function untilShown(found: string): string {
  return `new Promise((resolve) => {
    const look = (since) => {
      const rows = [...document.querySelectorAll('tbody tr')];
      const isShown = rows.length > 0 && rows.every((row) => row.textContent.includes(${JSON.stringify(found)}));
      if (isShown) resolve(performance.now() - since);
      else setTimeout(look, 5, since);
    };
    document.addEventListener('input', () => look(performance.now()), { once: true, capture: true });
  })`;
}

/** What the service needs for a list in each order, both ways. */
async function sorted({ port }: Desk): Promise<Finding[]> {
  const client = new Client(port);
  const findings: Finding[] = [];
  for (const [list, orders] of Object.entries(LISTS)) {
    const queries = orders.flatMap((order) => [`sort=${order}`, `sort=-${order}`]);
    const slowest = { query: '', ms: 0 };
    for (const query of queries) {
      const ms = await answerMs(client, `/${list}?limit=50&${query}`);
      if (ms > slowest.ms) Object.assign(slowest, { query, ms });
    }
    const what = `/${list} in each order: the slowest answer (${slowest.query})`;
    findings.push(below(what, { value: slowest.ms, unit: 'ms' }, MAX_MS));
  }
  client.close();
  return findings;
}

async function answerMs(client: Client, path: string): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const { ms, result } = await timed(() => client.ask('GET', path, { Accept: 'application/json' }));
    if (result.status !== 200) throw new Error(`${path} answered ${result.status}: ${result.body}`);
    times.push(ms);
  }
  return median(times);
}
