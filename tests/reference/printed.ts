import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { parseExactJson } from '../../src/http/exact_json.js';

/** An answer to a printed request. */
export interface PrintedAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Where printed requests are sent, and the values for their placeholders. */
export interface Filling {
  readonly url: string;
  readonly key: string;
  /** Printed text and its replacement; each must occur. */
  readonly put: Readonly<Record<string, string>>;
}

const PRINTED_HOST = /^http:\/\/localhost:800[01]/;

/** A printed request in its parts. */
export interface PrintedParts {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Headers;
  /** Empty: it has none. */
  readonly body: string;
}

/** Reads what is printed as method and address, header lines, an empty line, and a body, which is JSON unless said. */
export function partsOf(printed: string, put: Filling['put']): PrintedParts {
  const [head = '', ...rest] = filled(printed, put).trim().split('\n\n');
  const [first = '', ...headerLines] = head.split('\n');
  const [method = '', address = ''] = first.split(' ');
  const body = rest.join('\n\n');
  const headers = new Headers(body === '' ? {} : { 'Content-Type': 'application/json' });
  for (const line of headerLines) {
    const colon = line.indexOf(':');
    headers.set(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return { method, path: address.replace(PRINTED_HOST, ''), headers, body };
}

/** Sends a request that is printed as `partsOf` reads it. */
export async function sendPrinted(printed: string, filling: Filling): Promise<PrintedAnswer> {
  const { method, path, headers, body } = partsOf(printed, filling.put);
  headers.set('X-API-Key', filling.key);
  const answer = await fetch(`${filling.url}${path}`, { method, headers, ...(body === '' ? {} : { body }) });
  return { status: answer.status, body: parseExactJson(await answer.text()) };
}

/** Sends a printed `curl` through a shell; the documents were written before there were keys. */
export async function sendCurl(printed: string, { url, key, put }: Filling): Promise<PrintedAnswer> {
  const command = filled(printed, put)
    .trim()
    .replace(/http:\/\/localhost:8000/, url);
  const whole = `${command} --silent -H "X-API-Key: ${key}" --write-out '\\n%{http_code}'`;
  const { stdout } = await promisify(execFile)('sh', ['-c', whole]);
  const lines = stdout.split('\n');
  return { status: Number(lines.pop()), body: parseExactJson(lines.join('\n')) };
}

/** The text with what it leaves open put in. */
export function filled(printed: string, put: Readonly<Record<string, string>>): string {
  return Object.entries(put).reduce((text, [placeholder, value]) => {
    if (!text.includes(placeholder)) throw new Error(`${placeholder} is not printed in ${text}`);
    return text.replaceAll(placeholder, value);
  }, printed);
}
