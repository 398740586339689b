import { sandboxNetwork } from '../../sandbox/network.js';
import { listen } from '../../sandbox/trial/listening.js';
import { loadConfig } from '../../src/config.js';
import { createContainer } from '../../src/container.js';
import { systemTime } from '../../src/kernel/clock.js';
import { createLogger } from '../../src/kernel/logging.js';
import { nodeTimers } from '../../src/kernel/timers.js';

/** What the program is told: where Telegram is, its RSA key with its numbers as text, and its settings. */
export interface ProgramWish {
  readonly addresses: readonly string[];
  readonly port: number;
  readonly rsaKey: { readonly modulus: string; readonly exponent: number; readonly fingerprint: string };
  readonly settings: Readonly<Record<string, string>>;
}

/** A service as a separate process, to be killed: prints its address, and serves until then. */
async function main({ addresses, port, rsaKey, settings }: ProgramWish): Promise<void> {
  const { modulus, exponent, fingerprint } = rsaKey;
  const rsaPublicKey = { pem: '', exponent, modulus: BigInt(modulus), fingerprint: BigInt(fingerprint) };
  const config = loadConfig(settings);
  const container = await createContainer(config, {
    logger: createLogger({ level: config.logLevel }),
    time: systemTime,
    timers: nodeTimers,
    network: sandboxNetwork({ addresses, port, rsaPublicKey }),
  });
  await container.start();
  const { baseUrl } = await listen(container, 0);
  await container.syncScheduler?.run('start');
  process.stdout.write(`${baseUrl}\n`);
}

await main(JSON.parse(process.argv[2] ?? ''));
