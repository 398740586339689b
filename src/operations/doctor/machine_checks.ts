import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../config.js';
import { existingDirectory } from '../../kernel/disk_full.js';
import { type Check, type Finding, failed, ok, type Parts, warning } from './check.js';
import { ports } from './port_checks.js';

const MIB = 2 ** 20;

/** Below the first the service can hardly start, below the second it will soon be full, in bytes. */
const DISK_BYTES = { error: 64 * MIB, warning: 1024 * MIB };

/** What thousands of waiting workers need. */
const OPEN_FILES = 4096;

/** Checks of the machine itself. */
export const machineChecks: readonly Check[] = [
  { name: 'Node.js', run: ({ machine }) => [nodeVersion(machine.nodeVersion)] },
  { name: 'settings', run: ({ config }) => settings(config) },
  { name: 'disk space', run: diskSpace },
  { name: 'open files', run: ({ machine }) => [openFiles(machine.procFile('/proc/self/limits'))] },
  { name: 'file watches', run: fileWatches },
  { name: 'port', run: ports },
];

function nodeVersion(version: string): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const supported = (major > 20 || (major === 20 && minor >= 19)) && major < 25;
  if (supported) return ok(version);
  return failed(`${version} is not supported`, 'Install Node.js 20.19 to 24.');
}

function settings(config: Config): Finding[] {
  const found: Finding[] = [];
  if (config.beginAnew) {
    found.push(
      warning('BEGIN_ANEW is on: a lost database would be replaced unnoticed', 'Set BEGIN_ANEW back to off.'),
    );
  }
  if (config.corsOrigins.includes('*')) {
    found.push(
      warning(
        'CORS_ORIGINS is *: every web page may call the API',
        'List the origins of your own pages instead.',
      ),
    );
  }
  if ((config.telegramApiId === null) !== (config.telegramApiHash === null)) {
    found.push(
      failed(
        'only one of TELEGRAM_API_ID and TELEGRAM_API_HASH is set',
        'Set both, from my.telegram.org, or neither.',
      ),
    );
  }
  return found.length > 0 ? found : [ok('all settings are valid')];
}

function diskSpace({ config, machine }: Parts): Finding[] {
  const places = [config.dataDir, ...(config.syncs ? [config.sessionsDir] : [])];
  return places.map((place) => {
    const free = machine.freeBytes(existingDirectory(place));
    const told = `${sizeOf(free)} are free for ${place}`;
    const advice = 'Free some space, or move it to another disk.';
    if (free < DISK_BYTES.error) return failed(told, advice);
    return free < DISK_BYTES.warning ? warning(told, advice) : ok(told);
  });
}

function sizeOf(bytes: number): string {
  const gib = Math.floor(bytes / 2 ** 30);
  return gib >= 10 ? `${gib} GiB` : `${Math.floor(bytes / MIB)} MiB`;
}

function openFiles(limits: string | null): Finding {
  const soft = /^Max open files\s+(\d+)/m.exec(limits ?? '')?.[1];
  if (soft === undefined) return ok('not limited here');
  if (Number(soft) >= OPEN_FILES) return ok(`up to ${soft}`);
  return warning(
    `at most ${soft} files and connections can be open at once`,
    `Raise the limit to ${OPEN_FILES} or more: LimitNOFILE= of the systemd unit, or \`ulimit -n\`.`,
  );
}

function fileWatches({ config, machine }: Parts): Finding[] {
  if (!config.syncs || config.sessionsWatch === 'poll') return [ok('not used: SESSIONS_DIR is polled')];
  const watches = Number(machine.procFile('/proc/sys/fs/inotify/max_user_watches') ?? Number.NaN);
  const instances = Number(machine.procFile('/proc/sys/fs/inotify/max_user_instances') ?? Number.NaN);
  if (Number.isNaN(watches)) return [ok('not limited on this system')];
  const needed = directoriesBelow(config.sessionsDir);
  // Other programs of this user have watches as well.
  if (watches >= 2 * needed + 512 && instances >= 16) return [ok(`up to ${watches}, ${needed} needed`)];
  const advice =
    'Raise them: `sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512` (and in /etc/sysctl.d), ' +
    'or set SESSIONS_WATCH=poll.';
  return [
    warning(`inotify allows ${watches} watches in ${instances} instances, for ${needed} directories`, advice),
  ];
}

/** How many directories are counted: the service watches no more. */
const MAX_DIRECTORIES = 4096;

function directoriesBelow(root: string): number {
  const waiting = [root];
  let count = 0;
  for (let path = waiting.pop(); path !== undefined && count < MAX_DIRECTORIES; path = waiting.pop()) {
    count += 1;
    try {
      for (const entry of readdirSync(path, { withFileTypes: true }))
        if (entry.isDirectory() && !entry.name.startsWith('.')) waiting.push(join(path, entry.name));
    } catch {
      // Another check says so.
    }
  }
  return count;
}
