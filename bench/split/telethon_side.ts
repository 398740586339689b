import { join } from 'node:path';
import { PROJECT_ROOT } from '../../src/kernel/project.js';
import { findPython, INSTALL_PYTHON } from '../../tests/clients/python/installation.js';
import { addressesIn } from '../scraping/addresses.js';
import { bareSession } from '../scraping/bare_side.js';
import type { DataCentres } from '../scraping/data_centres.js';
import { APPLICATION } from '../scraping/world.js';
import type { Workplace } from '../workplace.js';

/** What bare Telethon read, and how long that took. */
export interface TelethonReading {
  readonly messages: number;
  readonly files: number;
  readonly seconds: number;
}

const PROGRAM = join(PROJECT_ROOT, 'bench', 'split', 'telethon_reader.py');

/** Reads a channel with all its files by bare Telethon, as this account. Rejects if it does not read all of it. */
export async function readByTelethon(
  place: Workplace,
  centres: DataCentres,
  phone: string,
  channel: string,
): Promise<TelethonReading> {
  const python = findPython();
  if (python === null) throw new Error(`needs Telethon: ${INSTALL_PYTHON}`);
  const session = await bareSession(centres, phone, 'telethon');
  const wanted = {
    ...{ session, channel, api_id: APPLICATION.apiId, api_hash: APPLICATION.apiHash },
    ...{
      rsa_key: addressesIn(centres.telegram).rsaPublicKey.pem,
      directory: await place.makeDirectory('bare'),
    },
  };
  return JSON.parse(await place.run({ program: python, args: [PROGRAM, JSON.stringify(wanted)] }));
}
