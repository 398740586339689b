import { join } from 'node:path';
import type { Config } from './config.js';

export interface BannerFacts {
  readonly config: Config;
  readonly port: number;
  readonly sessions: number;
  /** The first admin key, if this start created it. */
  readonly firstKey: string | null;
}

/** What the user who starts the service needs to know: its addresses, its sessions, the next steps. */
export function banner({ config, port, sessions, firstKey }: BannerFacts): string {
  const host = config.host === '0.0.0.0' || config.host === '::' ? 'localhost' : config.host;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const lines = [
    '',
    'TeleGate is ready.',
    `  console   ${url}/`,
    `  docs      ${url}/docs`,
    `  API       ${url}/  (and ${url}/api/v1/)`,
    `  sessions  ${sessions} ${config.syncs ? `in ${config.sessionsDir}` : '(SESSIONS_SYNC=off: other replicas sync the files)'}`,
  ];
  if (sessions === 0 && config.syncs)
    lines.push('            none yet: drop .session files there; they are found within seconds');
  if (firstKey) {
    lines.push('', `  admin key ${firstKey}`);
    lines.push(`            shown only once, and saved in ${join(config.dataDir, 'admin.key')} (mode 0600)`);
    lines.push('', '  first lease:', `    curl -H "X-API-Key: ${firstKey}" ${url}/session`);
  }
  return `${lines.join('\n')}\n\n`;
}
