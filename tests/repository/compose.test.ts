import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

/**
 * The lines of a Compose file as paths, such as `services.telegate.ports.- "8000:8000"`. It reads block style
 * only, which is all that the file uses.
 */
function pathsOf(text: string): string[] {
  const open: { indent: number; name: string }[] = [];
  const lines = text.split('\n').filter((line) => !/^\s*(#|$)/.test(line));
  return lines.map((line) => {
    const indent = line.search(/\S/);
    while ((open.at(-1)?.indent ?? -1) >= indent) open.pop();
    open.push({ indent, name: line.trim().replace(/:$/, '') });
    return open.map(({ name }) => name).join('.');
  });
}

const text = readFileSync('docker-compose.yml', 'utf8');
const paths = pathsOf(text);
const services = paths.flatMap((path) => /^services\.([^.]+)$/.exec(path)?.[1] ?? []);

const ofProfile = (profile: string) =>
  services.filter((name) => paths.includes(`services.${name}.profiles.- ${profile}`));

describe('the Compose file', () => {
  it('is plain YAML in block style, indented by two', () => {
    for (const line of text.split('\n')) {
      expect(line).not.toMatch(/\t|[{[|>]\s*$|\s$/);
      expect(line.search(/\S|$/) % 2).toBe(0);
    }
    expect(new Set(paths).size).toBe(paths.length);
  });

  it('runs one process from this repository, and restarts it after a crash', () => {
    const withoutProfile = services.filter(
      (name) => !paths.some((path) => path.startsWith(`services.${name}.profiles.`)),
    );
    expect(withoutProfile).toEqual(['telegate']);
    expect(paths).toContain('services.telegate.<<: *telegate');
    expect(paths).toContain('x-telegate: &telegate.build: .');
    expect(paths).toContain('x-telegate: &telegate.restart: unless-stopped');
    expect(existsSync('Dockerfile')).toBe(true);
  });

  it('has the version of the package', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(paths).toContain(`x-telegate: &telegate.image: telegate:${version}`);
  });

  it('gives pending requests time to finish', () => {
    expect(paths).toContain('x-telegate: &telegate.stop_grace_period: 15s');
  });

  it('keeps sessions in a directory and data in a named volume', () => {
    expect(paths).toContain('services.telegate.volumes.- ./sessions:/app/sessions');
    expect(paths).toContain('services.telegate.volumes.- data:/app/data');
    expect(paths).toContain('volumes.data');
    expect(existsSync('sessions')).toBe(true);
  });

  it('starts without .env, and fixes inside the container what .env says for outside', () => {
    expect(paths).toContain('x-telegate: &telegate.env_file.- path: .env.required: false');
    expect(paths.join('\n')).toMatch(/^services\.telegate\.ports\.- "\$\{PORT:-8000\}:8000"$/m);
    expect(paths).toContain('services.telegate.environment: *inside');
    expect(paths).toContain('x-inside: &inside.PORT: "8000"');
    expect(paths).toContain('x-inside: &inside.HOST: 0.0.0.0');
    expect(paths).toContain('x-inside: &inside.DATA_DIR: /app/data');
    expect(paths).toContain('x-inside: &inside.SESSIONS_DIR: /app/sessions');
    expect(text).not.toMatch(/:\?/);
  });

  it('has a profile of two replicas on PostgreSQL, one of them without session files, behind a balancer', () => {
    expect(ofProfile('postgres')).toEqual(['replica-1', 'replica-2', 'balancer', 'postgres']);
    for (const replica of ['replica-1', 'replica-2']) {
      expect(paths).toContain(`services.${replica}.<<: *telegate`);
      expect(paths).toContain(`services.${replica}.depends_on.postgres.condition: service_healthy`);
      expect(paths).toContain(`services.${replica}.volumes.- data:/app/data`);
      expect(paths.some((path) => path.startsWith(`services.${replica}.ports`))).toBe(false);
      expect(readFileSync('docs/nginx.conf', 'utf8')).toContain(`server ${replica}:8000 `);
    }
    expect(paths).toContain('services.replica-1.volumes.- ./sessions:/app/sessions');
    expect(paths).toContain('services.replica-2.environment.SESSIONS_SYNC: "off"');
    expect(paths).not.toContain('services.replica-2.volumes.- ./sessions:/app/sessions');
    expect(paths.some((path) => path.startsWith('services.postgres.ports'))).toBe(false);
    expect(paths).toContain('volumes.postgres');
  });

  it('has a profile of a Prefect server and two workers, which start once what they need is healthy', () => {
    const started = ['prefect-database', 'prefect', 'telegate-prefect', 'worker', 'postgres'];
    expect(ofProfile('prefect')).toEqual(started);
    const afterwards = [
      ['prefect-database', 'postgres', 'service_healthy'],
      ['prefect', 'prefect-database', 'service_completed_successfully'],
      ['telegate-prefect', 'prefect', 'service_healthy'],
      ['worker', 'telegate-prefect', 'service_healthy'],
    ];
    for (const [name, first, condition] of afterwards)
      expect(paths).toContain(`services.${name}.depends_on.${first}.condition: ${condition}`);
    expect(paths).toContain('services.worker.command: node dist/src/cli/main.js worker');
    for (const name of ['telegate-prefect', 'worker']) {
      expect(paths).toContain(`services.${name}.<<: *telegate`);
      expect(paths).toContain(`services.${name}.volumes.- data:/app/data`);
    }
  });

  it('runs one exact version of Prefect, which asks for a password and has its own database', () => {
    expect(paths.filter((path) => path.startsWith('services.prefect.image'))).toEqual([
      expect.stringMatching(/^services\.prefect\.image: prefecthq\/prefect:3\.\d+\.\d+-python3\.\d+$/),
    ]);
    const password = /_API_AUTH_STRING: telegate:\$\{PREFECT_PASSWORD:-\}$/;
    const withPassword = paths.filter((path) => password.test(path)).map((path) => path.split(': ')[0]);
    expect(withPassword).toEqual([
      'x-prefect',
      'services.prefect.environment.PREFECT_SERVER_API_AUTH_STRING',
    ]);
    expect(text).toContain('test -n "$$PREFECT_PASSWORD" ||');
    expect(text).toContain('@postgres:5432/prefect');
    expect(paths).toContain('services.prefect.ports.- "127.0.0.1:4200:4200"');
    expect(paths).toContain('x-prefect: &prefect.PREFECT_API_URL: http://prefect:4200/api');
  });

  it('trusts only the balancer about client addresses, and reserves its address', () => {
    const address = '172.30.86.2';
    expect(paths).toContain(`x-replica: &replica.TRUST_PROXY: ${address}`);
    expect(paths).toContain(`services.balancer.networks.replicas.ipv4_address: ${address}`);
    expect(paths).toContain(
      'networks.replicas.ipam.config.- subnet: 172.30.86.0/24.ip_range: 172.30.86.128/25',
    );
    for (const name of ['replica-1', 'replica-2', 'postgres'])
      expect(paths).toContain(`services.${name}.networks.- replicas`);
  });

  it('limits the memory of everything that it runs', () => {
    expect(paths).toContain('x-telegate: &telegate.mem_limit: 1g');
    expect(paths).toContain('services.balancer.mem_limit: 256m');
    expect(paths).toContain('services.postgres.mem_limit: 1g');
    expect(paths).toContain('services.prefect.mem_limit: 1g');
    expect(paths).toContain('services.prefect-database.mem_limit: 128m');
  });

  it('drops all privileges', () => {
    for (const hardened of ['x-telegate: &telegate', 'services.balancer']) {
      expect(paths).toContain(`${hardened}.read_only: true`);
      expect(paths).toContain(`${hardened}.tmpfs.- /tmp`);
      expect(paths).toContain(`${hardened}.cap_drop.- ALL`);
      expect(paths).toContain(`${hardened}.security_opt.- no-new-privileges:true`);
    }
    expect(text).not.toMatch(/privileged: true|cap_add|network_mode|docker\.sock/);
  });
});
