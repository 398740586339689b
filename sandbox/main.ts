import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { startControl } from './control/server.js';
import { startSandbox } from './sandbox.js';
import { sandboxSeed } from './seed.js';
import { readSeed } from './world/seed.js';

/** Starts the data centres alone: `node dist/sandbox/main.js [--directory D] [--port N] [--control N] [--seed F]`. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      directory: { type: 'string', default: './data/sandbox' },
      port: { type: 'string', default: '8443' },
      control: { type: 'string', default: '8444' },
      seed: { type: 'string' },
    },
  });
  const seed = values.seed === undefined ? sandboxSeed : readSeed(values.seed);
  const options = { directory: values.directory, seed, port: Number(values.port), randomBytes };
  const sandbox = await startSandbox({ ...options, time: Date.now });
  const control = await startControl(sandbox, Number(values.control));
  const lines = [
    ...sandbox.addresses.map((address, at) => `data centre ${at + 1}: ${address}:${sandbox.port}`),
    `control: ${control.url}`,
    ...sandbox.accounts().map(({ phone, code, password }) => {
      return `account ${phone}: code ${code}${password === null ? '' : `, password ${password}`}`;
    }),
    ...sandbox.world.bots.map(({ token }) => `bot ${token}`),
    sandbox.rsaPublicKey.pem,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  const stop = async (): Promise<void> => {
    await control.close();
    await sandbox.close();
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

await main();
