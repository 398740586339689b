import type { z } from 'zod';
import { InvalidInput } from '../kernel/errors.js';
import type * as schemas from './schemas.js';
import type { GivenChannel, RequestedSettings } from './source_settings.js';
import type { AccessLevel, Target } from './store.js';

type Input = z.output<typeof schemas.changeInput>;
type NewInput = Input & { readonly name: string; readonly target: Target };

/** API fields that are aliases, the one that takes precedence first. */
const CHANNELS = ['identifier', 'channel_username', 'channel_id'] as const;
const SESSIONS = ['session_id', 'session_ref'] as const;

/** The values of a request for a new source. @throws InvalidInput if two names of one field differ. */
export function newSource(input: NewInput, accessLevel: AccessLevel): RequestedSettings {
  const { name, target, is_active: isActive = true } = input;
  const { channel, ...rest } = changedSource(input);
  if (!channel)
    throw new InvalidInput([{ loc: ['body', 'identifier'], msg: 'Field required', type: 'missing' }]);
  return { ...DEFAULTS, ...rest, channel, name, target, accessLevel, isActive };
}

/** The values of a request for a change, without omitted fields. @throws as `newSource`. */
export function changedSource(input: Input): Partial<RequestedSettings> {
  const channel = channelOf(input);
  const sessionId = one(input, SESSIONS)?.value;
  return given({
    ...{ name: input.name, channel, sessionId },
    ...{ accessLevel: input.access_level, target: input.target, targetPath: input.target_path },
    ...{ channelTitle: input.channel_title, fileTypes: input.file_types, schedule: input.schedule },
    ...{ isActive: input.is_active, apiId: input.api_id, apiHash: input.api_hash, botToken: input.bot_token },
  });
}

/** The defaults of a new source. */
const DEFAULTS = {
  channelTitle: null,
  targetPath: null,
  sessionId: null,
  fileTypes: null,
  schedule: null,
  apiId: null,
  apiHash: null,
  botToken: null,
};

/** The channel that a request names, under whichever name; undefined: none. */
export function channelOf(input: Pick<Input, (typeof CHANNELS)[number]>): GivenChannel | undefined {
  const channel = one(input, CHANNELS);
  return channel && { field: channel.name, text: channel.value };
}

/** The value given under any of these names; undefined: under none. */
function one<Name extends keyof Input>(input: Pick<Input, Name>, names: readonly Name[]) {
  const found = names.flatMap((name) => {
    const value = input[name];
    return value === undefined ? [] : [{ name, value }];
  });
  const [first, ...others] = found;
  for (const { name, value } of others) {
    if (value === first?.value) continue;
    const msg = `given as ${first?.name} as well, with a different value`;
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
