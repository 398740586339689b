import type { z } from 'zod';
import { InvalidInput } from '../errors.js';
import type * as schemas from './schemas.js';
import type { AccessLevel, Target } from './store.js';
import type { GivenChannel, SourceWish } from './wish.js';

type Said = z.output<typeof schemas.changeInput>;
type New = Said & { readonly name: string; readonly target: Target };

/** The fields of the API that are one and the same, first the one that counts. */
const CHANNELS = ['identifier', 'channel_username', 'channel_id'] as const;
const SESSIONS = ['session_id', 'session_ref'] as const;

/** What a request for a new source says. @throws InvalidInput where two names of one field differ. */
export function newSource(said: New, accessLevel: AccessLevel): SourceWish {
  const { name, target, is_active: isActive = true } = said;
  const { channel, ...rest } = changedSource(said);
  if (!channel)
    throw new InvalidInput([{ loc: ['body', 'identifier'], msg: 'Field required', type: 'missing' }]);
  return { ...NOTHING_SAID, ...rest, channel, name, target, accessLevel, isActive };
}

/** What a request for a change says: fields that it leaves out are not there. @throws as `newSource`. */
export function changedSource(said: Said): Partial<SourceWish> {
  const channel = channelOf(said);
  const sessionId = one(said, SESSIONS)?.value;
  return given({
    ...{ name: said.name, channel, sessionId },
    ...{ accessLevel: said.access_level, target: said.target, targetPath: said.target_path },
    ...{ channelTitle: said.channel_title, fileTypes: said.file_types, schedule: said.schedule },
    ...{ isActive: said.is_active, apiId: said.api_id, apiHash: said.api_hash, botToken: said.bot_token },
  });
}

/** What is kept of a new source where its request says nothing. */
const NOTHING_SAID = {
  channelTitle: null,
  targetPath: null,
  sessionId: null,
  fileTypes: null,
  schedule: null,
  apiId: null,
  apiHash: null,
  botToken: null,
};

function channelOf(said: Said): GivenChannel | undefined {
  const channel = one(said, CHANNELS);
  return channel && { field: channel.name, text: channel.value };
}

/** The value that is given by any of these names; undefined: by none. */
function one<Name extends keyof Said>(said: Said, names: readonly Name[]) {
  const found = names.flatMap((name) => {
    const value = said[name];
    return value === undefined ? [] : [{ name, value }];
  });
  const [first, ...others] = found;
  for (const { name, value } of others) {
    if (value === first?.value) continue;
    const msg = `given as ${first?.name}, too, and they differ`;
    throw new InvalidInput([{ loc: ['body', name], msg, type: 'value_error' }]);
  }
  return first;
}

type Given<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };

/** The fields that have a value. */
function given<Fields extends object>(fields: Fields): Given<Fields> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Given<Fields>;
}
