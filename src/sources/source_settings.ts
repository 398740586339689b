import { SOURCE_API_HASH, SOURCE_BOT_TOKEN, type Vault } from '../access/vault.js';
import { parseIdentifier } from '../kernel/channel_identifier.js';
import { BadRequest } from '../kernel/errors.js';
import { parseSchedule } from './schedules.js';
import type { SourceSettings, Target } from './store.js';
import { ensureConfigured, type TargetRoots, targetPath } from './targets.js';

/** A channel as a request names it: the field and the value. */
export interface GivenChannel {
  readonly field: 'identifier' | 'channel_username' | 'channel_id';
  readonly text: string;
}

/** The values of a request about a source, unchecked. Secrets are in plain text. */
export interface RequestedSettings extends Omit<SourceSettings, 'identifier'> {
  readonly channel: GivenChannel;
}

export interface SettingsParts {
  readonly roots: TargetRoots;
  readonly vault: Pick<Vault, 'encrypt'>;
}

/** The stored fields of a new source. @throws BadRequest that names the field. */
export async function newSettings(
  requested: RequestedSettings,
  parts: SettingsParts,
): Promise<SourceSettings> {
  const { channel, ...rest } = requested;
  return {
    ...rest,
    identifier: identifierOf(channel),
    ...(await checked(requested, requested.target, parts)),
  };
}

/** The changed fields of a source. @throws BadRequest that names the field. */
export async function changedSettings(
  requested: Partial<RequestedSettings>,
  before: SourceSettings,
  parts: SettingsParts,
): Promise<Partial<SourceSettings>> {
  const { channel, ...rest } = requested;
  const target = requested.target ?? before.target;
  const identifier = channel && { identifier: identifierOf(channel) };
  return { ...rest, ...identifier, ...(await checked(requested, target, parts)) };
}

/** The given fields that are stored in another form. */
async function checked(
  requested: Partial<RequestedSettings>,
  target: Target,
  { roots, vault }: SettingsParts,
): Promise<Partial<SourceSettings>> {
  const { targetPath: path, fileTypes, schedule, apiHash, botToken } = requested;
  if (requested.target !== undefined || typeof path === 'string') ensureConfigured(target, roots);
  return {
    ...(typeof path === 'string' && { targetPath: targetPath(path, target, roots) }),
    ...(fileTypes && { fileTypes: normaliseFileTypes(fileTypes) }),
    ...(typeof schedule === 'string' && { schedule: parseSchedule(schedule) }),
    ...(apiHash && { apiHash: await vault.encrypt(apiHash, SOURCE_API_HASH) }),
    ...(botToken && { botToken: await vault.encrypt(botToken, SOURCE_BOT_TOKEN) }),
  };
}

/** The stored form of a channel. @throws BadRequest. */
export function identifierOf({ field, text }: GivenChannel): string {
  const identifier = parseIdentifier(text);
  if (identifier !== null) return identifier;
  throw new BadRequest(`${field}: expected a channel such as @name, https://t.me/name or -1001234567890`, {
    code: 'invalid_identifier',
    field,
  });
}

/** As in `extensionOf`: only the last part of a name counts. */
const EXTENSION = /^[\p{L}\p{M}\p{N}]{1,16}$/u;

/**
 * Normalised extensions: lower case, without surrounding dots and spaces, without duplicates.
 * @throws BadRequest if one is not an extension.
 */
export function normaliseFileTypes(given: readonly string[]): string[] {
  const types = given.map((type) => type.trim().replace(/^\.+/, '').normalize('NFC').toLowerCase());
  if (types.every((type) => EXTENSION.test(type))) return [...new Set(types)];
  throw new BadRequest('file_types: expected extensions such as pdf or .zip', {
    code: 'invalid_file_types',
    field: 'file_types',
  });
}
