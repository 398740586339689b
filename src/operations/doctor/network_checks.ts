import { PROXY_PASSWORD, Vault } from '../../access/vault.js';
import type { Config } from '../../config.js';
import type { ProxyAddress, StoredProxy } from '../../kernel/proxy.js';
import { nodeTimers } from '../../kernel/timers.js';
import { PrefectClient } from '../../prefect/client.js';
import { PrefectHttp } from '../../prefect/http.js';
import { checkServer } from '../../prefect/server_check.js';
import { greetTelegram } from '../../telegram/gramjs/greeting.js';
import type { TelegramNetwork } from '../../telegram/network.js';
import { encryptionKeysOf } from '../encryption_keys.js';
import { type Check, type Finding, failed, ok, type Parts, reasonOf, warning } from './check.js';
import { usesTarget } from './file_checks.js';

/** How long a connection may take, in seconds. */
const CONNECT_SECONDS = 8;

/** How many proxies are tried. */
const MAX_PROXIES = 100;

/** How many seconds this machine's clock may be off before Telegram's protocol gets difficult. */
const CLOCK_SECONDS = 10;

/** Checks of what is on the network. */
export const networkChecks: readonly Check[] = [
  { name: 'Telegram', online: true, run: telegram },
  { name: 'proxies', online: true, deadlineMs: 30_000, run: proxies },
  { name: 'S3', deadlineMs: 30_000, run: s3 },
  { name: 'Prefect', run: prefect },
];

async function telegram({ config, network, machine }: Parts): Promise<Finding[]> {
  const proxy = config.defaultProxy;
  const way = proxy === null ? '' : ` through DEFAULT_PROXY (${proxy.host}:${proxy.port})`;
  try {
    const serverSeconds = await greetTelegram(network, proxy, CONNECT_SECONDS);
    const offset = serverSeconds === null ? 0 : Math.round(serverSeconds - machine.wall() / 1000);
    const answers = ok(`data centre ${network.firstDc} answers${way}`);
    if (Math.abs(offset) <= CLOCK_SECONDS) return [answers];
    return [
      answers,
      warning(`its clock differs from this machine's by ${offset} s`, 'Synchronise this one by NTP.'),
    ];
  } catch (error) {
    const advice =
      proxy === null
        ? 'Allow outgoing connections to port 443 of 149.154.160.0/20 and 91.108.0.0/16, or set DEFAULT_PROXY.'
        : 'Check the proxy, or set DEFAULT_PROXY to another one.';
    return [failed(`data centre ${network.firstDc} can't be reached${way}: ${reasonOf(error)}`, advice)];
  }
}

async function proxies({ config, network, stores }: Parts): Promise<Finding[]> {
  const stored = (await stores?.access.proxies()) ?? [];
  if (stored.length === 0) return [ok('none are stored')];
  const keys = await encryptionKeysOf(config).catch(() => []);
  const vault = keys.length > 0 ? new Vault(keys) : null;
  const tried = await Promise.all(
    stored.slice(0, MAX_PROXIES).map((proxy) => tryProxy(proxy, network, vault)),
  );
  const bad = tried.filter((finding) => finding.level !== 'ok');
  if (bad.length > 0) return bad;
  const rest = stored.length - tried.length;
  return [ok(`${tried.length} reach Telegram${rest > 0 ? `; ${rest} more were not tried` : ''}`)];
}

async function tryProxy(proxy: StoredProxy, network: TelegramNetwork, vault: Vault | null): Promise<Finding> {
  const name = `${proxy.type}://${proxy.host}:${proxy.port}`;
  const pass = proxy.pass && vault ? await vault.decrypt(proxy.pass, PROXY_PASSWORD).catch(() => null) : null;
  if (proxy.pass !== null && pass === null)
    return failed(`${name}: its password can't be decrypted`, 'Set the proxy of its sessions again.');
  try {
    await greetTelegram(network, { ...(proxy as ProxyAddress), pass }, CONNECT_SECONDS);
    return ok(name);
  } catch (error) {
    return failed(
      `${name}: ${reasonOf(error)}`,
      'Its sessions are of no use until it answers: check it, or set another one.',
    );
  }
}

async function s3({ config, stores }: Parts, signal: AbortSignal): Promise<Finding[]> {
  const used = await usesTarget(stores, 'S3');
  if (config.s3.bucket === null) {
    if (!used) return [ok('not used')];
    return [
      failed('S3_BUCKET is not set, and sources store there', 'Set S3_BUCKET and the other S3_ settings.'),
    ];
  }
  return [await bucket(config, signal)];
}

async function bucket({ s3: config }: Config, signal: AbortSignal): Promise<Finding> {
  // Loaded where it is used: it takes memory.
  const { connectS3 } = await import('../../scraping/sinks/s3_bucket.js');
  const connected = await connectS3(config);
  try {
    // One listing shows that the server answers, and that the bucket and the credentials are right.
    for await (const _ of connected.keys('', '', signal)) break;
    return ok(`the bucket ${config.bucket} can be listed`);
  } catch (error) {
    return failed(
      `the bucket ${config.bucket} can't be listed: ${reasonOf(error)}`,
      'Check the S3_ settings and the server.',
    );
  } finally {
    connected.close();
  }
}

async function prefect({ config: { prefect: address } }: Parts, signal: AbortSignal): Promise<Finding[]> {
  if (address === null) return [ok('not used')];
  const client = new PrefectClient(new PrefectHttp({ address, timers: nodeTimers, random: Math.random }));
  try {
    const version = await checkServer(client, address.apiUrl, { signal, retries: 0, deadlineMs: 5000 });
    return [ok(`version ${version} at ${address.apiUrl}`)];
  } catch (error) {
    return [
      failed(
        reasonOf(error),
        'Check PREFECT_API_URL, its credentials and the server; leases go on without it.',
      ),
    ];
  }
}
