import type { SandboxServiceOptions } from '../../../sandbox/service.js';
import { parseSeed } from '../../../sandbox/world/seed.js';
import type { Journey } from '../../journeys/journey.js';

/** Values that a scene has learned, by the text that they replace. */
export interface Known {
  /** The newest `temp_session_id`. */
  temp: string;
  /** A session that was made elsewhere, as a string and as a file. */
  string: string;
  file: Buffer;
}

/** A request that one of the documents prints or describes, and the response that it states. */
export interface PrintedRequest {
  /** Method and address, header lines, an empty line, a body; or a command of curl. */
  readonly request: string;
  /** In place of what the request leaves open. */
  readonly put?: Readonly<Record<string, string | ((known: Known) => string)>>;
  readonly status: number;
  /** The JSON of the answer, if one is printed. */
  readonly answer?: string;
  /** Names of fields, with their types, where these are printed instead: `id, name: string, count: integer`. */
  readonly fields?: string;
  /** A page for people is the answer. */
  readonly page?: true;
  /** What the contract decides, where that differs from what is printed. */
  readonly decided?: string;
  /** The user whose key is sent; by default, the admin. */
  readonly key?: 'none' | 'wrong';
  /** What has to happen before. */
  readonly before?: (journey: Journey) => Promise<void> | void;
}

/** Requests that belong together, sent in order to one service. */
export interface Scene {
  /** Of the documents, by its file name. */
  readonly document: string;
  readonly requests: readonly PrintedRequest[];
  readonly options?: Partial<Omit<SandboxServiceOptions, 'directory'>>;
  /** Brings about what the document takes for granted. */
  readonly prepare?: (journey: Journey) => Promise<Partial<Known> | undefined>;
}

/** A world of the accounts and channels that the documents print; the code of each is 12345. */
export const printedWorld = parseSeed({
  accounts: [
    { phone: '+1234567890', id: 7000000001, first_name: 'Main' },
    { phone: '+9876543210', id: 7000000002, first_name: 'Another' },
    { phone: '+573025288905', id: 8312419180, first_name: 'Existing' },
  ],
  channels: [
    {
      ...{ id: 1234567890, title: 'BBC News', username: 'bbcnews', about: 'Breaking news from BBC' },
      ...{ members: 'everyone', participants: 500000, created: '2024-01-01T00:00:00Z' },
      access_hash: { '+1234567890': '1234567890123456789' },
    },
    {
      ...{ id: 9876543210, title: 'Private VIP Group', about: 'Exclusive VIP content', kind: 'megagroup' },
      ...{ members: ['+1234567890'], participants: 150, created: '2023-01-01T00:00:00Z' },
      // As printed, and wider than the 63 bits that it may have.
      access_hash: { '+1234567890': '987654321098765432' },
    },
  ],
});

/** The same, where +1234567890 has a second factor. */
export const printedWorldWithPassword = {
  ...printedWorld,
  accounts: printedWorld.accounts.map((account) => ({ ...account, password: 'my_2fa_password' })),
};
