import { randomUUID } from 'node:crypto';
import { proxyId } from '../access/proxies.js';
import { SESSION_API_HASH } from '../access/vault.js';
import type { ProxyAddress } from '../kernel/proxy.js';
import { registerGauge } from '../kernel/scraped_gauge.js';
import { LoginFinishing } from '../logins/finishing.js';
import { GetCodeService } from '../logins/get_code.js';
import { SessionSaving } from '../logins/saving.js';
import { LoginService } from '../logins/service.js';
import { LoginSecrets, LoginSteps } from '../logins/steps.js';
import { UploadService } from '../logins/uploads.js';
import { SessionChannels } from '../sessions/channels.js';
import { SessionChecks } from '../sessions/checks.js';
import { AccountAccesses, CredentialsService } from '../sessions/credentials.js';
import { SessionExports } from '../sessions/exports.js';
import { SessionHealth } from '../sessions/health.js';
import { HealthScores } from '../sessions/health_scores.js';
import { OwnLeases } from '../sessions/own_lease.js';
import { SessionService } from '../sessions/service.js';
import { StoredCredentials } from '../sessions/stored_credentials.js';
import { applicationChooser } from '../telegram/application.js';
import { createLazyGateway } from '../telegram/lazy_gateway.js';
import { telegramNetwork } from '../telegram/network.js';
import type { Base } from './base.js';
import type { Intake } from './intake.js';
import type { Pool } from './pool.js';

export type Telegram = ReturnType<typeof wireTelegram>;

/** Everything that speaks to Telegram: managed sessions, and logging in. */
export function wireTelegram(base: Base, intake: Intake, pool: Pool) {
  const { timers, disposers, network = telegramNetwork, telegramLimits: limits } = base;
  const gateway = createLazyGateway({ network, timers, ...(limits && { limits }) });
  disposers.add(() => gateway.close());
  const sessions = wireSessions(base, intake, pool, gateway);
  const logins = wireLogins(base, intake, sessions, { gateway, network });
  return { gateway, sessions, logins };
}

type Gateway = ReturnType<typeof createLazyGateway>;

function wireSessions(
  { config, database, clock, timers, logger, vault, disposers, processName, registry }: Base,
  { directory, defaultProxyId }: Intake,
  { service: pool, peers }: Pool,
  gateway: Gateway,
) {
  const { sessions, access } = database;
  const stored = new StoredCredentials({ sessions, vault, scanner: directory?.scanner ?? null });
  const secrets = new CredentialsService(stored, vault);
  const openProxy = async (id: number): Promise<ProxyAddress | null> => {
    const stored = (await access.proxies()).find((proxy) => proxy.id === id);
    if (!stored) return null;
    return { ...(await secrets.proxy(stored)), type: stored.type as ProxyAddress['type'] };
  };
  const accesses = new AccountAccesses({ stored, openProxy, apiId: config.telegramApiId });
  const ownLeases = new OwnLeases({ pool, peers, sessions, accesses, gateway, clock, processName });
  const shared = { sessions, ownLeases, clock };
  const checks = new SessionChecks(shared);
  const health = new SessionHealth({ sessions, checks, pool, clock, timers, logger });
  const scores = new HealthScores({ store: database.healthScores, clock, logger });
  registerGauge(registry, {
    name: 'telegate_sessions_mean_health_score',
    help: 'Mean health score of all sessions, from 0 to 100, as of the last hour',
    read: () => scores.mean(),
  });
  disposers.add(
    () => health.stop(),
    () => scores.stop(),
  );
  return {
    accesses,
    stored,
    checks,
    health,
    scores,
    ownLeases,
    secrets,
    channels: new SessionChannels({ ...shared, pool, peers }),
    exports: new SessionExports({ accesses, stored, checks, peers: database.peers, clock }),
    service: new SessionService({
      ...{ sessions, directory, ownLeases, pool, clock },
      proxyId: (proxy) => proxyId(proxy, access, vault),
      holderOf: (name, except) =>
        database.logins.conflict({
          ...{ name, phoneNumber: null, authKeySha256: null, loginId: null },
          replaces: except,
        }),
      defaultProxyId,
    }),
  };
}

function wireLogins(
  { config, database, clock, logger, vault }: Base,
  { directory, encrypt, defaultProxyId }: Intake,
  { checks, stored }: ReturnType<typeof wireSessions>,
  { gateway, network }: { gateway: Gateway; network: typeof telegramNetwork },
) {
  const { logins: store, sessions, peers } = database;
  const secrets = new LoginSecrets(vault);
  const steps = new LoginSteps({ store, secrets, clock });
  const saving = new SessionSaving({
    ...{ store, sessions, directory, network, peers, clock },
    proxyId: defaultProxyId,
    encryptApiHash: (apiHash) => vault.encrypt(apiHash, SESSION_API_HASH),
    encryptCredentials: encrypt,
  });
  const proxy = config.defaultProxy;
  const shared = { store, steps, secrets, saving, sessions, gateway, proxy, clock, logger };
  const finishing = new LoginFinishing(shared);
  const chooseApplication = applicationChooser(config.telegramApiId, config.telegramApiHash);
  const fresh = { chooseApplication, newId: randomUUID, ttlMs: config.otpTtlMinutes * 60_000 };
  const service = new LoginService({ ...shared, ...fresh, finishing });
  const { sessionsDir } = config;
  return {
    finishing,
    service,
    uploads: new UploadService({ ...shared, ...fresh, network }),
    getCode: new GetCodeService({ logins: service, sessions, checks, stored, directory, sessionsDir }),
  };
}
