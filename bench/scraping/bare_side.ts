import { rm } from 'node:fs/promises';
import { sandboxNetwork } from '../../sandbox/network.js';
import { encodeSessionString } from '../../src/intake/formats/session_string.js';
import { nodeTimers } from '../../src/kernel/timers.js';
import { createGramjsGateway } from '../../src/telegram/gramjs/gateway.js';
import { nodeCommand } from '../programs.js';
import type { Workplace } from '../workplace.js';
import { addressesIn } from './addresses.js';
import { archive } from './archive.js';
import type { BareReaderOptions, BareReading } from './bare_reader.js';
import type { DataCentres } from './data_centres.js';
import { APPLICATION, ARCHIVE, codeOf } from './world.js';

/** Reads the archive with bare GramJS in a separate process; files, if requested, are written to disk and removed. */
export async function readBare(
  place: Workplace,
  { telegram }: DataCentres,
  session: string,
  withFiles: boolean,
): Promise<BareReading> {
  const directory = withFiles ? await place.makeDirectory('bare') : null;
  const options: BareReaderOptions = { telegram, session, channel: ARCHIVE, directory };
  const reading: BareReading = JSON.parse(
    await place.run(nodeCommand('bare_reader', [JSON.stringify(options)])),
  );
  if (directory !== null) await rm(directory, { recursive: true });
  const { messages, files } = archive();
  if (reading.messages !== messages.length || (withFiles && reading.files !== files)) {
    throw new Error(`bare GramJS read ${reading.messages} messages and ${reading.files} files`);
  }
  return reading;
}

/** Logs an account in; returns its session as a string of this library's. */
export async function bareSession(
  { telegram }: Pick<DataCentres, 'telegram'>,
  phoneNumber: string,
  library: 'gramjs' | 'telethon' = 'gramjs',
): Promise<string> {
  const addresses = addressesIn(telegram);
  const gateway = createGramjsGateway({ network: sandboxNetwork(addresses), timers: nodeTimers });
  try {
    const login = { phoneNumber, application: APPLICATION, proxy: null };
    const sent = await gateway.sendCode(login);
    const { key } = await gateway.signIn({ ...login, ...sent }, codeOf(phoneNumber), null);
    const serverAddress = addresses.addresses[key.dcId - 1] ?? '';
    const known = { dcId: key.dcId, serverAddress, port: addresses.port, authKey: key.authKey };
    return encodeSessionString({ ...known, userId: null, apiId: null, isBot: false }, library);
  } finally {
    await gateway.close();
  }
}
