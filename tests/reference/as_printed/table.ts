import { parseExactJson } from '../../../src/http/exact_json.js';
import { type Journey, withJourney } from '../../journeys/journey.js';
import { differences, fieldDifferences, fieldsOf, told, typeOf } from './difference.js';
import type { Known, PrintedRequest, Scene } from './scene.js';
import { scraperBackend } from './scraper_backend.js';
import { type Sent, sendAsPrinted } from './sending.js';
import { sessionFiles } from './session_files.js';
import { sessionManagement } from './session_management.js';
import { sessionsRoutes } from './sessions_routes.js';
import { telegateApi } from './telegate_api.js';

const SCENES: readonly Scene[] = [
  ...[telegateApi, ...sessionsRoutes, sessionFiles],
  ...[...sessionManagement, ...scraperBackend],
];

/** A printed request, its response, and how that differs from what is printed. */
export interface Compared {
  readonly document: string;
  readonly printed: PrintedRequest;
  readonly answered: string;
  readonly differences: readonly string[];
}

/** Sends every printed request to separate services. */
export async function compareAll(): Promise<Compared[]> {
  const rows: Compared[] = [];
  for (const scene of SCENES)
    await withJourney(async (journey) => {
      rows.push(...(await play(scene, journey)));
    }, scene.options)();
  return rows;
}

async function play(scene: Scene, journey: Journey): Promise<Compared[]> {
  const known: Known = { temp: '', string: '', file: Buffer.alloc(0), ...(await scene.prepare?.(journey)) };
  const rows: Compared[] = [];
  for (const printed of scene.requests) {
    await printed.before?.(journey);
    const sent = await sendAsPrinted(printed, journey, known);
    known.temp = (sent.body as Partial<{ temp_session_id: string }> | null)?.temp_session_id ?? known.temp;
    rows.push({ document: scene.document, printed, ...judged(printed, sent) });
  }
  return rows;
}

function judged(printed: PrintedRequest, sent: Sent): Pick<Compared, 'answered' | 'differences'> {
  const { status } = sent;
  const wrongStatus = status === printed.status ? [] : [`the status is ${status}`];
  const [answered, found] = compared(printed, sent);
  return { answered: `${status} ${answered}`.trim(), differences: [...wrongStatus, ...found] };
}

/** An answer in words, and in what it differs. */
function compared(
  { answer, fields, page }: PrintedRequest,
  { type, body }: Sent,
): readonly [answered: string, differences: readonly string[]] {
  if (page) return type.startsWith('text/html') ? ['a page', []] : [type, [`it is ${type}`]];
  if (fields !== undefined) return [toldFields(fields, body), fieldDifferences(fields, body)];
  if (answer === undefined) return ['', []];
  const wanted = parseExactJson(answer);
  return [`\`${told(wanted, body)}\``, differences(wanted, body)];
}

/** The first element of a list represents all. */
function toldFields(fields: string, body: unknown): string {
  const [element] = Array.isArray(body) ? body : [body];
  const object = element as Readonly<Record<string, unknown>>;
  return fieldsOf(fields)
    .map(([name]) => `${name}: ${typeOf(object[name])}`)
    .join(', ');
}

const HEAD = `# Older clients, request by request

Existing programs were written against the five documents below. The service receives every request in them as
printed, with only the placeholders filled in: keys, ids, and sessions that Telegram accepts. The column "answered"
shows the printed fields (\`…\`: and more), with types instead of values that always change. If an answer differs from the
printed one, the last column says how and why.

\`npm run references\` writes this page; a test compares it with the service's answers.
`;

/** The page that lists them all. */
export function page(rows: readonly Compared[]): string {
  const documents = [...new Set(rows.map(({ document }) => document))];
  const tables = documents.map((document) => {
    const lines = rows.filter((row) => row.document === document).map(line);
    return `\n## ${document}\n\n| request | printed | answered | difference |\n|---|---|---|---|\n${lines.join('\n')}\n`;
  });
  return HEAD + tables.join('');
}

const SENDERS = { none: ' without a key', wrong: ' with a wrong key' } as const;

function line({ printed, answered, differences: found }: Compared): string {
  const { request, status, answer, fields, page, key, decided } = printed;
  const expected = answer ? `\`${onOneLine(answer)}\`` : (fields ?? (page ? 'a page' : ''));
  const cells = [
    `\`${onOneLine(request)}\`${key === undefined ? '' : SENDERS[key]}`,
    `${status} ${expected}`.trim(),
    answered,
    found.length === 0 ? '' : `${found.join('; ')}. ${decided ?? 'NOT DECIDED'}`,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function onOneLine(text: string): string {
  return text.replace(/\s*\\?\s+/g, ' ');
}
