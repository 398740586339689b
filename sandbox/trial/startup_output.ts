import { exactJson } from '../../src/http/exact_json.js';
import type { SandboxService } from '../service.js';
import type { AccountInfo, ChannelInfo } from './startup_info.js';

/** What a user needs to know about a running sandbox. `bold` marks headings. */
export function page(service: SandboxService, bold: (text: string) => string): string {
  const section = (title: string, lines: readonly string[]) => ['', bold(title), ...lines];
  const lines = [
    ...section(
      'TeleGate and a local Telegram emulator are ready. Nothing leaves this machine.',
      where(service),
    ),
    ...section('Accounts', accounts(service.accounts)),
    ...section('Accounts that get no code', refused(service)),
    ...section('Bots', bots(service)),
    ...section('Channels', channels(service)),
    ...section('Lease a session', lease(service)),
    ...section('Log in an account', login(service)),
    ...section('Set and clear a fault', fault(service)),
    '',
    'Press Ctrl+C to stop. The next start continues from here.',
  ];
  return `${lines.join('\n')}\n\n`;
}

function where({ baseUrl, adminKey, workerKey, controlUrl, sessionsDir, sandbox }: SandboxService): string[] {
  return table([
    ['API', baseUrl],
    ['console', `${baseUrl}/`],
    ['docs', `${baseUrl}/docs`],
    ['admin key', adminKey],
    ['worker key', workerKey],
    ['sessions', sessionsDir],
    ['Telegram', sandbox.addresses.map((address) => `${address}:${sandbox.port}`).join(', ')],
    ['control', controlUrl],
  ]);
}

function accounts(infos: readonly AccountInfo[]): string[] {
  const rows = infos.map(({ phone, name, code, password, session_id: id }) => [
    ...[phone, name, code, password ?? '-', id === null ? 'not in the pool' : `in the pool: session ${id}`],
  ]);
  return table([['phone', 'name', 'code', '2FA password', ''], ...rows]);
}

function refused({ refusedAccounts }: SandboxService): string[] {
  return table(refusedAccounts.map(({ phone, name, error }) => [phone, name, error]));
}

function bots({ bots: infos }: SandboxService): string[] {
  return table(
    infos.map(({ name, username, token }) => [name, username === null ? '' : `@${username}`, token]),
  );
}

/** Channels that differ only in their number share one line. */
interface Alike {
  readonly title: string;
  readonly first: ChannelInfo;
  count: number;
}

function channels({ channels: infos, accounts }: SandboxService): string[] {
  const lines = new Map<string, Alike>();
  for (const info of infos) {
    const title = info.title.replace(/ \d+$/, '');
    const line = lines.get(title);
    if (line) line.count += 1;
    else lines.set(title, { title, first: info, count: 1 });
  }
  const nameOf = (phone: string) => accounts.find((account) => account.phone === phone)?.name ?? phone;
  const rows = [...lines.values()].map((line) => channelRow(line, nameOf));
  return table([['title', 'name', 'id', '', 'seen by'], ...rows]);
}

function channelRow({ title, first, count }: Alike, nameOf: (phone: string) => string): string[] {
  const { id, username, members, messages } = first;
  return [
    count === 1 ? title : `${title} 1 to ${count}`,
    username === null ? 'private' : `@${username}`,
    count === 1 ? `${id}` : `${id} and up`,
    `${messages.toLocaleString('en')} messages`,
    members === 'everyone' ? members : members.map(nameOf).join(', '),
  ];
}

function lease({ baseUrl, workerKey }: SandboxService): string[] {
  return [`  curl -H "X-API-Key: ${workerKey}" "${baseUrl}/session?credentials=string"`];
}

/** Prefers an account without a password. */
function login({ baseUrl, adminKey, accounts }: SandboxService): string[] {
  const outside = accounts.filter(({ in_pool }) => !in_pool);
  const account = outside.find(({ password }) => password === null) ?? outside[0];
  if (account === undefined)
    return ['  Every account is in the pool: delete a session, then log its account in again.'];
  const { phone, code, password } = account;
  const curl = `  curl -H "X-API-Key: ${adminKey}"`;
  const second = password === null ? '' : ` -d "password=${password}"`;
  return [
    `${curl} -d phone_number=${phone.slice(1)} ${baseUrl}/sessions/send-otp`,
    `${curl} -d temp_session_id=… -d code=${code}${second} ${baseUrl}/sessions/verify-otp`,
  ];
}

/** Shown by asking about the session that a first lease takes last. */
function fault({ baseUrl, adminKey, controlUrl, accounts }: SandboxService): string[] {
  const { phone, session_id: id } = accounts.findLast(({ in_pool }) => in_pool) ?? {};
  const body = JSON.stringify({ fault: 'FLOOD_WAIT_30', phone });
  return [
    `  curl -d '${body}' ${controlUrl}/faults`,
    ...(id === undefined
      ? []
      : [`  curl -X POST -H "X-API-Key: ${adminKey}" ${baseUrl}/sessions/${id}/test`]),
    `  curl -X DELETE ${controlUrl}/faults`,
  ];
}

/** Everything that a program needs to know about a sandbox, as one line of JSON. */
export function jsonLine(service: SandboxService): string {
  const { sandbox } = service;
  const line = exactJson({
    base_url: service.baseUrl,
    admin_key: service.adminKey,
    worker_key: service.workerKey,
    accounts: service.accounts,
    refused_accounts: service.refusedAccounts,
    bots: service.bots,
    channels: service.channels,
    control_url: service.controlUrl,
    data_centres: sandbox.addresses.map((address, at) => ({ dc: at + 1, address, port: sandbox.port })),
    rsa_public_key: sandbox.rsaPublicKey.pem,
    sessions_dir: service.sessionsDir,
  });
  return `${line}\n`;
}

/** Rows of text with their columns aligned, two spaces apart, each line indented by two. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length);
  return rows.map((row) => {
    const cells = row.map((cell, at) => cell.padEnd(widths[at] ?? 0));
    return `  ${cells.join('  ')}`.trimEnd();
  });
}
