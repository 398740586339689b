import { digits } from '../faults.js';
import type { SeedAccount, SeedBot } from './seed.js';

/** An account of the sandbox: a user or a bot. */
export interface Account {
  readonly seed: SeedAccount;
  readonly id: bigint;
  /** Digits only. A bot has no phone number: its id is used instead. */
  readonly phone: string;
  /** Its home data centre. */
  readonly dcId: number;
  readonly code: string;
  /** Null: a user. */
  readonly token: string | null;
}

/** A user's account. Throws RangeError if its data centre does not exist. */
export function personOf(seed: SeedAccount, dataCentres: number): Account {
  const phone = digits(seed.phone);
  const test = testNumber(phone);
  const dcId = existing(seed.dc ?? test?.dcId ?? 1, dataCentres, phone);
  return { seed, id: seed.id, phone, dcId, code: seed.code ?? test?.code ?? '12345', token: null };
}

/** A bot's account. Throws RangeError if its data centre does not exist. */
export function botOf({ token, dc, ...names }: SeedBot, dataCentres: number): Account {
  const phone = botId(token);
  const id = BigInt(phone);
  const seed: SeedAccount = { ...names, phone, id, code_via: 'app' };
  return { seed, id, phone, dcId: existing(dc, dataCentres, phone), code: '', token };
}

/** The bot id in a token, if it looks like one. */
export function botId(token: string): string {
  return /^\d*/.exec(token)?.[0] ?? '';
}

/** The data centre X and the code of a test number `99966XYYYY` (core.telegram.org/api/auth, Test accounts). */
export function testNumber(phone: string): { readonly dcId: number; readonly code: string } | null {
  const digit = /^99966(\d)\d{4}$/.exec(phone)?.[1];
  return digit === undefined ? null : { dcId: Number(digit), code: digit.repeat(5) };
}

function existing(dcId: number, dataCentres: number, whose: string): number {
  if (dcId > dataCentres) throw new RangeError(`no data centre ${dcId} for ${whose}`);
  return dcId;
}
