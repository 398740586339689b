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

describe('the Compose file', () => {
  it('is plain YAML in block style, indented by two', () => {
    for (const line of text.split('\n')) {
      expect(line).not.toMatch(/\t|[{[|>]\s*$|\s$/);
      expect(line.search(/\S|$/) % 2).toBe(0);
    }
    expect(new Set(paths).size).toBe(paths.length);
  });

  it('runs one service, from this repository, and starts it again when it falls', () => {
    expect(paths.filter((path) => /^services\.[^.]+$/.test(path))).toEqual(['services.telegate']);
    expect(paths).toContain('services.telegate.build: .');
    expect(paths).toContain('services.telegate.restart: unless-stopped');
    expect(existsSync('Dockerfile')).toBe(true);
  });

  it('runs under the version of the package', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(paths).toContain(`services.telegate.image: telegate:${version}`);
  });

  it('gives requests under way the time to end', () => {
    expect(paths).toContain('services.telegate.stop_grace_period: 15s');
  });

  it('keeps sessions in a directory and data in a named volume', () => {
    expect(paths).toContain('services.telegate.volumes.- ./sessions:/app/sessions');
    expect(paths).toContain('services.telegate.volumes.- data:/app/data');
    expect(paths).toContain('volumes.data');
    expect(existsSync('sessions')).toBe(true);
  });

  it('starts without .env, and fixes inside what .env says about outside', () => {
    expect(paths).toContain('services.telegate.env_file.- path: .env.required: false');
    expect(paths.join('\n')).toMatch(/^services\.telegate\.ports\.- "\$\{PORT:-8000\}:8000"$/m);
    expect(paths).toContain('services.telegate.environment.PORT: "8000"');
    expect(paths).toContain('services.telegate.environment.HOST: 0.0.0.0');
    expect(paths).toContain('services.telegate.environment.DATA_DIR: /app/data');
    expect(paths).toContain('services.telegate.environment.SESSIONS_DIR: /app/sessions');
  });

  it('takes every privilege away', () => {
    expect(paths).toContain('services.telegate.read_only: true');
    expect(paths).toContain('services.telegate.tmpfs.- /tmp');
    expect(paths).toContain('services.telegate.cap_drop.- ALL');
    expect(paths).toContain('services.telegate.security_opt.- no-new-privileges:true');
    expect(text).not.toMatch(/privileged|cap_add|network_mode|docker\.sock/);
  });
});
