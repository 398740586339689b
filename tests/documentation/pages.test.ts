import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { loadConfig } from '../../src/config.js';
import { PROJECT_ROOT } from '../../src/kernel/project.js';
import { settingsSchema } from '../../src/settings.js';
import { withService } from '../service/service.js';
import { ALL_PAGES, destination, PAGES, type Page, pageAt, pagesWith } from './pages.js';
import { ELSEWHERE, SHELL_PAGES, SHOWN } from './shell_pages.js';
import { TYPESCRIPT_PAGES } from './typescript_pages.js';

const MAX_LINES = 200;

/** The pages whose blocks in these languages are run. */
const RUN: Readonly<Record<string, readonly string[]>> = {
  sh: Object.keys(SHELL_PAGES),
  bash: Object.keys(SHELL_PAGES),
  ts: Object.keys(TYPESCRIPT_PAGES),
  python: pagesWith('python').map(({ path }) => path),
};

/** What is not run is read by what will read it. @throws if it can't be. */
const READ: Readonly<Record<string, (text: string) => unknown>> = {
  json: (text) => JSON.parse(text),
  env: (text) => ensureSettings(parseEnv(text)),
  ini: ensureIni,
  yaml: ensureYaml,
};

/** As systemd reads it: sections of `Name=value`. */
function ensureIni(text: string): void {
  const wrong = text.split('\n').find((line) => !/^($|[#;]|\[\w+\]$|[A-Z]\w*=)/.test(line));
  if (wrong !== undefined) throw new Error(`neither a section nor a value: ${wrong}`);
}

function ensureSettings(given: NodeJS.Dict<string>): void {
  const unknown = Object.keys(given).filter((name) => !(name in settingsSchema.shape));
  if (unknown.length > 0) throw new Error(`no such setting: ${unknown.join(', ')}`);
  loadConfig(given);
}

function ensureYaml(text: string): void {
  const [mistake] = parseAllDocuments(text).flatMap(({ errors }) => errors);
  if (mistake) throw mistake;
}

const exists = (path: string) => existsSync(join(PROJECT_ROOT, path));
const read = (path: string) => readFileSync(join(PROJECT_ROOT, path), 'utf8');

/** All TypeScript below a directory. */
function sourcesBelow(directory: string): string {
  const names = readdirSync(join(PROJECT_ROOT, directory), { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.ts'))
    .map((name) => read(join(directory, name)))
    .join('\n');
}

/** Every block that no test runs, reads or compares. */
function uncovered({ path, blocks }: Page): string[] {
  return blocks.flatMap(({ language, line, section, text }) => {
    const where = `${path}:${line} (${language || 'no language'})`;
    if (language === '' || language === 'text') return `${path}#${section}` in SHOWN ? [] : [where];
    if (language in RUN) return RUN[language]?.includes(path) ? [] : [where];
    const reader = READ[language];
    if (reader === undefined) return [where];
    try {
      reader(text);
      return [];
    } catch (error) {
      return [`${where}: ${error instanceof Error ? error.message : error}`];
    }
  });
}

describe('every block of code in README and docs', () => {
  it('is run, read or compared by a test', () => {
    expect(PAGES.flatMap(uncovered)).toEqual([]);
  });

  it('is declared on a page that has it', () => {
    for (const [declared, ...languages] of [
      [SHELL_PAGES, 'sh', 'bash'],
      [TYPESCRIPT_PAGES, 'ts'],
    ] as const) {
      const has = pagesWith(...languages).map(({ path }) => path);
      expect(Object.keys(declared).filter((path) => !has.includes(path))).toEqual([]);
    }
    const shown = PAGES.flatMap(({ path, blocks }) => blocks.map(({ section }) => `${path}#${section}`));
    expect(Object.keys(SHOWN).filter((place) => !shown.includes(place))).toEqual([]);
  });

  it('that is checked by another test names one that exists', () => {
    const tests = [...Object.values(SHOWN), ...ELSEWHERE.map(({ test }) => test)];
    expect(tests.filter((test) => !exists(test))).toEqual([]);
  });
});

describe('a page', () => {
  it.each(PAGES.map(({ path, lines }) => [path, lines.length - 1]))(
    '%s has %i lines, at most 200',
    (_, count) => {
      expect(count).toBeLessThanOrEqual(MAX_LINES);
    },
  );

  it('is listed in the index', () => {
    const index = pageAt('docs/README.md');
    const listed = index.links.map((link) => destination(index, link)?.path);
    const pages = PAGES.map(({ path }) => path).filter((path) => !['README.md', index.path].includes(path));
    expect(pages.filter((path) => !listed.includes(path))).toEqual([]);
  });
});

describe('a link', () => {
  it('leads to a file, and to a heading of it', () => {
    const broken = ALL_PAGES.flatMap((page) =>
      page.links
        .filter((link) => {
          const to = destination(page, link);
          if (to === null) return false;
          if (!exists(to.path)) return true;
          return to.anchor !== null && !pageAt(to.path).anchors.has(to.anchor);
        })
        .map(({ target, line }) => `${page.path}:${line}: ${target}`),
    );
    expect(broken).toEqual([]);
  });
});

describe('docs/moving.md', () => {
  it('names every endpoint of docs/references.md', () => {
    const moving = read('docs/moving.md').replaceAll(/\{\w+\}/g, '{}');
    const endpoints = new Set(
      [...read('docs/references.md').matchAll(/^\| `(?:curl )?(.*?)`/gm)].map(([, request = '']) =>
        endpointOf(request),
      ),
    );
    const pages = ['GET /sessions', 'GET /sources', 'GET /docs', 'GET /health'];
    expect(endpoints.size).toBeGreaterThan(25);
    expect([...endpoints].filter((one) => !pages.includes(one) && !moving.includes(`\`${one}`))).toEqual([]);
  });
});

/** Method and path of a printed request, as docs/moving.md names them. */
function endpointOf(request: string): string {
  const method = /\b(GET|POST|PUT|DELETE)\b/.exec(request)?.[1] ?? (/ -F /.test(request) ? 'POST' : 'GET');
  const [, path = ''] = /(?:localhost:800\d|^(?:GET|POST|PUT|DELETE) )(\/[^\s"?]*)/.exec(request) ?? [];
  return `${method} ${path.replace('/api/v1', '').replaceAll(/\{[\w-]+\}|(?<=\/)\d+/g, '{}')}`;
}

/** Names in capitals that are no settings of the service. */
const NO_SETTINGS = new Set([
  ...['TELEGATE_URL', 'TELEGATE_API_KEY', 'TELEGATE_PASSPHRASE', 'NO_COLOR', 'ADMIN_KEY'],
  ...['POSTGRES_PASSWORD', 'PREFECT_PASSWORD', 'PREFECT_SERVER_API_AUTH_STRING'],
  ...['SESSION_ID', 'SCHEDULE_ID', 'SQLITE_CORRUPT', 'PEER_FLOOD'],
]);
const TELEGRAM_ERROR = /^(FLOOD|PHONE|FILE|AUTH|SLOWMODE|FROZEN|USER|USERNAME|CHANNEL|FLOOD_PREMIUM)_/;

describe('what the pages name', () => {
  it('as a setting is one', () => {
    const named = PAGES.flatMap(({ path, code, blocks }) => {
      const texts = [...code, ...blocks.map(({ text }) => text)];
      const names = texts.flatMap((text) => text.match(/\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b/g) ?? []);
      const given = code.flatMap((text) => text.match(/^[A-Z][A-Z0-9_]+(?==)/) ?? []);
      return [...names, ...given].map((name) => [path, name] as const);
    });
    const unknown = named.filter(
      ([, name]) => !(name in settingsSchema.shape) && !NO_SETTINGS.has(name) && !TELEGRAM_ERROR.test(name),
    );
    expect(named.length).toBeGreaterThan(100);
    expect(unknown).toEqual([]);
  });

  it('as a file, a script or a benchmark of the project is there', () => {
    const { scripts } = JSON.parse(read('package.json')) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    const benchmarks = sourcesBelow('bench');
    const wrong = PAGES.flatMap(({ path, code }) =>
      code
        .filter((text) => {
          if (/^(tests|clients|src|bench|sandbox)\/[\w/.]+$/.test(text)) return !exists(text);
          const [, script, benchmark] = /^npm run ([\w:]+)(?: (?!--)(\w+))?/.exec(text) ?? [];
          if (script === 'bench' && benchmark !== undefined)
            return !benchmarks.includes(`name: '${benchmark}'`);
          return script !== undefined && !(script in scripts);
        })
        .map((text) => `${path}: ${text}`),
    );
    expect(wrong).toEqual([]);
  });

  it('as a profile or a service of Docker Compose is in its file', () => {
    const file = read('docker-compose.yml');
    const wrong = PAGES.flatMap(({ blocks }) => blocks)
      .flatMap(({ text }) => [...text.matchAll(/docker compose(?: --profile (\w+))? up -d ?([\w-]*)/g)])
      .filter(
        ([, profile, service]) =>
          (profile && !file.includes(`- ${profile}\n`)) || (service && !file.includes(`\n  ${service}:\n`)),
      );
    expect(wrong).toEqual([]);
  });

  it(
    'as an endpoint is in the OpenAPI document',
    withService(async (service) => {
      const { body } = await service.as(null).get('/openapi.json').expect(200);
      const { paths } = body as { readonly paths: Readonly<Record<string, object>> };
      const known = new Set(
        Object.entries(paths).flatMap(([path, methods]) =>
          Object.keys(methods).map((method) => `${method.toUpperCase()} ${plainPath(path)}`),
        ),
      );
      const named = PAGES.flatMap(({ path, code }) =>
        code.flatMap((text) => {
          const [, method, route = ''] = /^(GET|POST|PUT|DELETE) (\/[^\s?`]*)/.exec(text) ?? [];
          return method === undefined ? [] : [[path, `${method} ${plainPath(route)}`] as const];
        }),
      );
      expect(named.length).toBeGreaterThan(50);
      expect(named.filter(([, endpoint]) => !known.has(endpoint) && !endpoint.endsWith(' /docs'))).toEqual(
        [],
      );
    }),
  );
});

/** Without what does not tell one route from another. */
function plainPath(path: string): string {
  const plain = path.replace(/^\/api\/v1/, '').replace(/^\/flows\/(?=sources|runs)/, '/');
  return plain.replace(/(?<=.)\/$/, '').replaceAll(/\{\w+\}|(?<=\/)\d+/g, '{}');
}
