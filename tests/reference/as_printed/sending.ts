import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { parseExactJson } from '../../../src/http/exact_json.js';
import type { Journey } from '../../journeys/journey.js';
import { filled, partsOf } from '../printed.js';
import type { Known, PrintedRequest } from './scene.js';

/** What was answered. */
export interface Sent {
  readonly status: number;
  /** The `Content-Type`. */
  readonly type: string;
  /** Null: it is no JSON. */
  readonly body: unknown;
}

const PRINTED_KEY = / -H "X-API-Key: [^"]*"/;

/** Sends a printed request, with a key, and with what it leaves open put in. */
export async function sendAsPrinted(printed: PrintedRequest, journey: Journey, known: Known): Promise<Sent> {
  const put = Object.fromEntries(
    Object.entries(printed.put ?? {}).map(([placeholder, value]) => [
      placeholder,
      typeof value === 'string' ? value : value(known),
    ]),
  );
  const { baseUrl: url, adminKey } = journey.service;
  const key = printed.key === 'none' ? null : printed.key === 'wrong' ? 'no-such-key' : adminKey;
  return printed.request.startsWith('curl ')
    ? sendByCurl(filled(printed.request.replace(PRINTED_KEY, ''), put), url, key)
    : sendByFetch(printed.request, { url, key, put, file: known.file });
}

async function sendByCurl(command: string, url: string, key: string | null): Promise<Sent> {
  const keyed = key === null ? command : `${command} -H "X-API-Key: ${key}"`;
  const whole = `${keyed} --silent --write-out '\\n%{http_code} %{content_type}'`;
  const { stdout } = await promisify(execFile)('sh', ['-c', whole.replace('http://localhost:8000', url)]);
  const lines = stdout.split('\n');
  const [status, type = ''] = (lines.pop() ?? '').split(/ (.*)/);
  return { status: Number(status), type, body: bodyOf(type, lines.join('\n')) };
}

interface Target {
  readonly url: string;
  readonly key: string | null;
  readonly put: Readonly<Record<string, string>>;
  readonly file: Buffer;
}

async function sendByFetch(printed: string, { url, key, put, file }: Target): Promise<Sent> {
  const { method, path, headers, body } = partsOf(printed, put);
  if (key !== null) headers.set('X-API-Key', key);
  const isMultipart = headers.get('Content-Type') === 'multipart/form-data';
  // With the boundary, which is not printed.
  if (isMultipart) headers.delete('Content-Type');
  const content = isMultipart ? formOf(body, file) : body;
  const answer = await fetch(`${url}${path}`, { method, headers, ...(content && { body: content }) });
  const type = answer.headers.get('Content-Type') ?? '';
  return { status: answer.status, type, body: bodyOf(type, await answer.text()) };
}

/** A form of lines `name=value`; a value `@name` is the file. */
function formOf(lines: string, file: Buffer): FormData {
  const form = new FormData();
  for (const line of lines.split('\n')) {
    const [name = '', value = ''] = line.split(/=(.*)/);
    if (value.startsWith('@')) form.append(name, new Blob([new Uint8Array(file)]), value.slice(1));
    else form.append(name, value);
  }
  return form;
}

function bodyOf(type: string, text: string): unknown {
  return type.startsWith('application/json') ? parseExactJson(text) : null;
}
