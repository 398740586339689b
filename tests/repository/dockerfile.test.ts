import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseCopy, parseDockerfile } from './dockerfile_parser.js';

const instructions = parseDockerfile(readFileSync('Dockerfile', 'utf8'));
const lastStage = Math.max(...instructions.map(({ stage }) => stage));
const ignored = readFileSync('.dockerignore', 'utf8').split('\n');

function all(name: string): string[] {
  return instructions.filter((instruction) => instruction.name === name).map(({ rest }) => rest);
}

function inLastStage(name: string): string[] {
  return instructions.filter((one) => one.name === name && one.stage === lastStage).map(({ rest }) => rest);
}

describe('the image', () => {
  it('uses only known instructions', () => {
    const known = /^(FROM|WORKDIR|RUN|COPY|ENV|USER|VOLUME|EXPOSE|HEALTHCHECK|CMD)$/;
    for (const { name } of instructions) expect(name).toMatch(known);
    expect(instructions[0]?.name).toBe('FROM');
  });

  it('is based on pinned images of the Node version that the package requires', () => {
    expect(all('FROM')).toHaveLength(2);
    for (const base of all('FROM')) expect(base).toMatch(/^node:24-bookworm-slim( AS build)?$/);
    const { engines } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(engines.node).toBe('>=20.19 <25');
  });

  it('does not run as root', () => {
    expect(inLastStage('USER')).toEqual(['node']);
    const user = instructions.findIndex(({ name }) => name === 'USER');
    const rootWork = instructions.slice(user).filter(({ name }) => name === 'RUN' || name === 'COPY');
    expect(rootWork).toEqual([]);
  });

  it('starts the service itself, so that it gets the signals', () => {
    expect(inLastStage('CMD').map((command) => JSON.parse(command))).toEqual([
      ['node', '--max-semi-space-size=8', '--heap-growing-percent=100', 'dist/src/main.js'],
    ]);
    expect(all('ENTRYPOINT')).toEqual([]);
  });

  it('checks the health of the service, with a valid program', () => {
    const [check = ''] = inLastStage('HEALTHCHECK');
    const command: unknown = JSON.parse(check.slice(check.indexOf('CMD ') + 4));
    expect(command).toEqual(['node', '-e', expect.stringContaining('/health')]);
    const script = String(Array.isArray(command) ? command[2] : '');
    expect(() => new Function(script)).not.toThrow();
  });

  it('keeps data and sessions in volumes that its user owns', () => {
    const [volumes = ''] = inLastStage('VOLUME');
    expect(JSON.parse(volumes)).toEqual(['/app/data', '/app/sessions']);
    expect(inLastStage('RUN').join()).toContain('chown node:node data sessions');
    const [environment] = inLastStage('ENV');
    expect(environment).toContain('DATA_DIR=/app/data');
    expect(environment).toContain('SESSIONS_DIR=/app/sessions');
    expect(environment).toContain('NODE_ENV=production');
    expect(inLastStage('EXPOSE')).toEqual(['8000']);
  });

  it('installs system packages sparingly and cleans up in the same layer', () => {
    const installs = all('RUN').filter((command) => command.includes('apt-get'));
    expect(installs).toHaveLength(1);
    for (const command of installs) {
      expect(command).toMatch(/apt-get update .*apt-get install -y --no-install-recommends /);
      expect(command).toMatch(/&& rm -rf \/var\/lib\/apt\/lists\/\*$/);
    }
  });

  it('installs what the lockfile says, and ships no development dependencies', () => {
    const commands = all('RUN').join('\n');
    expect(commands).toMatch(/^npm ci$/m);
    expect(commands).not.toMatch(/npm (install|i)\b/);
    expect(commands).toContain('npm prune --omit=dev');
  });

  it('uses absolute directories', () => {
    for (const stage of [0, lastStage]) {
      const directories = instructions.filter((one) => one.name === 'WORKDIR' && one.stage === stage);
      expect(directories.length).toBeGreaterThan(0);
      for (const { rest } of directories) expect(rest).toMatch(/^\//);
    }
  });

  it('contains no secret', () => {
    const text = instructions.map(({ rest }) => rest).join('\n');
    expect(text).not.toMatch(/API_KEYS|ENCRYPTION_KEYS|PASSWORD|SECRET|TOKEN|DEFAULT_PROXY/i);
  });
});

describe('what the image is made from', () => {
  const copies = instructions.filter(({ name }) => name === 'COPY').map(({ rest }) => parseCopy(rest));
  const fromRepository = copies.filter(({ from }) => from === null).flatMap(({ sources }) => sources);

  it('is in the repository, and part of the build context', () => {
    expect(fromRepository.length).toBeGreaterThan(0);
    for (const source of fromRepository) {
      expect([source, existsSync(resolve(source))]).toEqual([source, true]);
      expect(ignored).toContain(`!${source}`);
    }
  });

  it('is the whole build context', () => {
    const rules = ignored.filter((line) => line !== '' && !line.startsWith('#'));
    expect(rules[0]).toBe('*');
    expect(rules.slice(1).sort()).toEqual([...new Set(fromRepository)].map((source) => `!${source}`).sort());
  });

  it('was created by the earlier stage, if it comes from there', () => {
    const copied = instructions.filter(({ name, stage }) => name === 'COPY' && stage === 0);
    const present = copied.flatMap(({ rest }) => parseCopy(rest).sources.map((source) => `/app/${source}`));
    const { outDir } = JSON.parse(readFileSync('tsconfig.json', 'utf8')).compilerOptions;
    const made = [...present, '/app/node_modules', `/app/${outDir}`];
    const wanted = copies.filter(({ from }) => from === 'build').flatMap(({ sources }) => sources);
    expect(wanted).toEqual(
      expect.arrayContaining([`/app/${outDir}`, '/app/node_modules', '/app/package.json']),
    );
    for (const source of wanted) expect(made).toContain(source);
  });
});
