import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from '@jest/globals';
import { freePort } from '../service/free_port.js';
import { until } from '../service/manual_time.js';

/** `describe`, or `describe.skip` and one line of output if nginx is not installed. */
export function describeWithBalancer(): typeof describe | typeof describe.skip {
  try {
    execFileSync('nginx', ['-v'], { stdio: 'ignore' });
    return describe;
  } catch {
    process.stderr.write('nginx is not installed: the tests of the balancer are skipped.\n');
    return describe.skip;
  }
}

/** nginx with the Compose file's settings, in front of a test's services. */
export class Balancer {
  readonly url: string;
  readonly #directory: string;
  readonly #process: ChildProcess;

  private constructor(directory: string, port: number) {
    this.#directory = directory;
    this.url = `http://127.0.0.1:${port}`;
    const settings = ['-c', join(directory, 'nginx.conf'), '-p', directory, '-e', 'stderr'];
    this.#process = spawn('nginx', [...settings, '-g', 'daemon off;'], { stdio: 'ignore' });
  }

  /** Starts it; it passes requests on to these addresses, `host:port`, in place of the Compose file's replicas. */
  static async start(replicas: readonly string[]): Promise<Balancer> {
    const directory = mkdtempSync(join(tmpdir(), 'balancer-'));
    const port = await freePort();
    let text = readFileSync('docs/nginx.conf', 'utf8').replace('listen 8000;', `listen 127.0.0.1:${port};`);
    for (const [index, address] of replicas.entries())
      text = text.replace(`replica-${index + 1}:8000`, address);
    text = text.replaceAll('/tmp/', `${directory}/`).replace('worker_processes auto', 'worker_processes 1');
    writeFileSync(join(directory, 'nginx.conf'), text);
    const balancer = new Balancer(directory, port);
    await until(() =>
      fetch(`${balancer.url}/health`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
    return balancer;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('close', resolve));
    this.#process.kill('SIGTERM');
    await ended;
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
