import type { Page, Request } from 'playwright-core';
import { below, exactly, type Finding, noted } from '../finding.js';
import { median, monotonicMs } from '../statistics.js';
import { DESK_PAGES, type Desk, type DeskPage } from './desk.js';

/** What a page may ask for in one request, in bytes as they are sent. */
const MAX_BYTES = 60_000;

const MAX_PAINT_MS = 1_000;

/** Each page is opened this often, each time in a browser that has never seen the console. */
const ROUNDS = 3;

/** After a page shows what it should, its last requests are waited for this long. */
const SETTLING_MS = 1_500;

/** One opening of a page. */
interface Opening {
  readonly paintMs: number;
  readonly shownMs: number;
  /** The answers of the API but for the stream of events: their paths and their sizes, in bytes. */
  readonly answers: readonly { readonly path: string; readonly bytes: number }[];
}

/** What each page asks of the service, and when it is painted. */
export async function sizes(desk: Desk): Promise<Finding[]> {
  // The first page of all also warms the service up.
  await desk.visit((page) => opening(page, '/pool', async () => undefined));
  const findings: Finding[] = [];
  for (const page of DESK_PAGES) findings.push(...(await ofPage(desk, page)));
  return findings;
}

async function ofPage(desk: Desk, { path, list, ready }: DeskPage): Promise<Finding[]> {
  const openings: Opening[] = [];
  for (let round = 0; round < ROUNDS; round += 1)
    openings.push(await desk.visit((page) => opening(page, path, ready)));
  const answers = openings.at(-1)?.answers ?? [];
  const bytes = answers.map((answer) => answer.bytes);
  const all = bytes.reduce((sum, one) => sum + one, 0);
  return [
    ...(list === null
      ? []
      : [exactly(`${path}: requests for its list`, answers.filter((one) => one.path === list).length, 1)]),
    below(`${path}: its largest answer`, { value: Math.max(...bytes), unit: 'B' }, MAX_BYTES),
    noted(`${path}: its ${answers.length} answers in all`, { value: all, unit: 'B' }),
    below(
      `${path}: first paint`,
      { value: median(openings.map(({ paintMs }) => paintMs)), unit: 'ms' },
      MAX_PAINT_MS,
    ),
    noted(`${path}: all shown`, { value: median(openings.map(({ shownMs }) => shownMs)), unit: 'ms' }),
  ];
}

async function opening(page: Page, path: string, ready: DeskPage['ready']): Promise<Opening> {
  const asked: Request[] = [];
  page.on('requestfinished', (request) => asked.push(request));
  const begun = monotonicMs();
  await page.goto(path);
  await ready(page);
  const shownMs = monotonicMs() - begun;
  await page.waitForTimeout(SETTLING_MS);
  return { paintMs: await firstPaint(page), shownMs, answers: await answersOf(asked) };
}

/** When something was first drawn, in milliseconds from the navigation on. */
async function firstPaint(page: Page): Promise<number> {
  const time = await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime");
  return typeof time === 'number' ? time : Number.NaN;
}

const API = '/api/v1';

async function answersOf(asked: readonly Request[]): Promise<Opening['answers']> {
  const ofApi = asked.filter((request) => new URL(request.url()).pathname.startsWith(API));
  const sized = ofApi.map(async (request) => ({
    path: new URL(request.url()).pathname.slice(API.length),
    bytes: (await request.sizes()).responseBodySize,
  }));
  return Promise.all(sized);
}
