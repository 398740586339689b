import { exactJson } from '../../src/http/exact_json.js';
import type { SandboxService } from '../service.js';

/** Everything that a program wants to know of a sandbox, as one line of JSON. */
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
