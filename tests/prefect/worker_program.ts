import { sandboxNetwork } from '../../sandbox/network.js';
import { loadConfig } from '../../src/config.js';
import { systemTime } from '../../src/kernel/clock.js';
import { createLogger } from '../../src/kernel/logging.js';
import { nodeTimers } from '../../src/kernel/timers.js';
import { createWorker } from '../../src/wiring/worker.js';
import type { ProgramWish } from '../journeys/service_program.js';
import { quickPace } from './quick_pace.js';

/** A worker as a separate process, to be stopped or killed: what `telegate worker` runs, in the sandbox's network. */
async function main({ addresses, port, rsaKey, settings }: ProgramWish): Promise<void> {
  const { modulus, exponent, fingerprint } = rsaKey;
  const rsaPublicKey = { pem: '', exponent, modulus: BigInt(modulus), fingerprint: BigInt(fingerprint) };
  const config = loadConfig(settings);
  const worker = await createWorker(config, {
    logger: createLogger({ level: config.logLevel }),
    time: systemTime,
    timers: nodeTimers,
    prefectPace: quickPace,
    network: sandboxNetwork({ addresses, port, rsaPublicKey }),
  });
  worker.start();
  // It ends with the process that started it, however that ends.
  process.stdin.once('close', () => process.exit(1)).resume();
  process.on('SIGTERM', () => void worker.dispose().then(() => process.exit(0)));
  process.stdout.write('ready\n');
}

await main(JSON.parse(process.argv[2] ?? ''));
