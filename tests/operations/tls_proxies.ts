import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../service/free_port.js';
import { until } from '../service/manual_time.js';

/** The name for which the examples are written. */
export const NAME = 'telegate.example.com';

/** A proxy as in the documentation, on other ports, in front of a test's service. */
export interface ProxySettings {
  readonly directory: string;
  readonly port: number;
  /** `host:port` of the service. */
  readonly upstream: string;
}

/** How to start a proxy: the program and its arguments, once its settings are written. */
export type PrepareProxy = (settings: ProxySettings) => readonly [string, ...string[]];

/** Caddy with the documentation's Caddyfile, and a certificate that it signs by itself. */
export const caddy: PrepareProxy = ({ directory, port, upstream }) => {
  const options = `{
	admin off
	auto_https disable_redirects
	skip_install_trust
	storage file_system ${directory}/storage
}
`;
  const site = readFileSync('docs/operations/tls/Caddyfile', 'utf8')
    .replace(`\n${NAME} {`, `\nhttps://${NAME}:${port} {\n\tbind 127.0.0.1\n\ttls internal`)
    .replace('127.0.0.1:8000', upstream);
  const file = join(directory, 'Caddyfile');
  writeFileSync(file, options + site);
  return ['caddy', 'run', '--adapter', 'caddyfile', '--config', file];
};

/** nginx with the documentation's settings, and a certificate made for the test. */
export const nginx: PrepareProxy = ({ directory, port, upstream }) => {
  const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout', join(directory, 'privkey.pem')];
  const certificate = [
    '-x509',
    '-days',
    '2',
    '-subj',
    `/CN=${NAME}`,
    '-out',
    join(directory, 'fullchain.pem'),
  ];
  execFileSync('openssl', ['req', ...key, ...certificate], { stdio: 'ignore' });
  const site = readFileSync('docs/operations/tls/nginx.conf', 'utf8')
    .replace('listen 80;', `listen unix:${directory}/plain.sock;`)
    .replace('listen 443 ', `listen 127.0.0.1:${port} `)
    .replaceAll(`/etc/letsencrypt/live/${NAME}`, directory)
    .replace('127.0.0.1:8000', upstream);
  writeFileSync(join(directory, 'telegate.conf'), site);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const paths = temporary.map((name) => `  ${name}_temp_path ${directory}/${name};\n`).join('');
  const file = join(directory, 'nginx.conf');
  writeFileSync(
    file,
    `pid ${directory}/pid;\nevents {}\nhttp {\n  access_log off;\n${paths}  include ${directory}/telegate.conf;\n}\n`,
  );
  return ['nginx', '-c', file, '-p', directory, '-e', 'stderr', '-g', 'daemon off;'];
};

/** A proxy that runs. */
export class TlsProxy {
  readonly #port: number;
  readonly #directory: string;
  readonly #process: ChildProcess;
  #said = '';

  private constructor(port: number, directory: string, [program, ...args]: readonly [string, ...string[]]) {
    this.#port = port;
    this.#directory = directory;
    const env = { HOME: directory, PATH: '/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin' };
    this.#process = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process.stderr?.on('data', (chunk) => {
      this.#said += chunk;
    });
  }

  /** Starts it in front of the service at `upstream`. */
  static async start(prepare: PrepareProxy, upstream: string): Promise<TlsProxy> {
    const directory = mkdtempSync(join(tmpdir(), 'tls-'));
    const port = await freePort();
    const proxy = new TlsProxy(port, directory, prepare({ directory, port, upstream }));
    await until(async () => {
      if (proxy.#process.exitCode !== null) throw new Error(proxy.#said);
      return proxy.ask({ path: '/health' }).then(
        ({ status }) => status === 200,
        () => false,
      );
    });
    return proxy;
  }

  /** Begins a request over TLS. */
  open(options: RequestOptions, body?: string): Promise<IncomingMessage> {
    const place = { host: '127.0.0.1', port: this.#port, servername: NAME, rejectUnauthorized: false };
    return new Promise((resolve, reject) => {
      const headers = { Host: NAME, ...options.headers };
      const sent = request({ ...place, ...options, headers, agent: false }, resolve).once('error', reject);
      sent.end(body);
    });
  }

  /** Sends a request over TLS, and reads the whole answer. */
  async ask(options: RequestOptions, body?: string) {
    const answer = await this.open(options, body);
    let text = '';
    for await (const chunk of answer) text += chunk;
    return { status: answer.statusCode, headers: answer.headers, text };
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('close', resolve));
    this.#process.kill('SIGTERM');
    await ended;
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
