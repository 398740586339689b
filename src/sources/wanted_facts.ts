import { SOURCE_API_HASH, SOURCE_BOT_TOKEN, type Vault } from '../access/vault.js';
import { BadRequest } from '../errors.js';
import { parseSchedule } from './cron_expression.js';
import { normaliseFileTypes } from './file_types.js';
import { parseIdentifier } from './identifier.js';
import { ensureConfigured, type Places, targetPath } from './places.js';
import type { SourceFacts, Target } from './store.js';
import type { GivenChannel, SourceWish } from './wish.js';

export interface WantedFactsParts {
  readonly places: Places;
  readonly vault: Pick<Vault, 'encrypt'>;
}

/** Makes what requests say into what is kept of a source. */
export class WantedFacts {
  readonly #parts: WantedFactsParts;

  constructor(parts: WantedFactsParts) {
    this.#parts = parts;
  }

  /** All that is kept of a new source. @throws BadRequest that names the field. */
  async whole(wish: SourceWish): Promise<SourceFacts> {
    const { channel, ...said } = wish;
    return { ...said, identifier: identifierOf(channel), ...(await this.#looked(wish, wish.target)) };
  }

  /** What changes of a source that stores at `target` so far. @throws BadRequest that names the field. */
  async change(wish: Partial<SourceWish>, before: SourceFacts): Promise<Partial<SourceFacts>> {
    const { channel, ...said } = wish;
    const target = wish.target ?? before.target;
    const identifier = channel && { identifier: identifierOf(channel) };
    return { ...said, ...identifier, ...(await this.#looked(wish, target)) };
  }

  /** The fields that are not kept as they were said, of those that were. */
  async #looked(wish: Partial<SourceWish>, target: Target): Promise<Partial<SourceFacts>> {
    const { places } = this.#parts;
    const { targetPath: path, fileTypes, schedule, apiHash, botToken } = wish;
    if (wish.target !== undefined || typeof path === 'string') ensureConfigured(target, places);
    return {
      ...(typeof path === 'string' && { targetPath: targetPath(path, target, places) }),
      ...(fileTypes && { fileTypes: normaliseFileTypes(fileTypes) }),
      ...(typeof schedule === 'string' && { schedule: parseSchedule(schedule) }),
      ...(apiHash && { apiHash: await this.#parts.vault.encrypt(apiHash, SOURCE_API_HASH) }),
      ...(botToken && { botToken: await this.#parts.vault.encrypt(botToken, SOURCE_BOT_TOKEN) }),
    };
  }
}

function identifierOf({ field, text }: GivenChannel): string {
  const identifier = parseIdentifier(text);
  if (identifier !== null) return identifier;
  throw new BadRequest(`${field}: wanted: a channel such as @name, https://t.me/name or -1001234567890`);
}
