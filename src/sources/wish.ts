import type { SourceFacts } from './store.js';

/** A channel as a request names it: by which of its fields, and how. */
export interface GivenChannel {
  readonly field: 'identifier' | 'channel_username' | 'channel_id';
  readonly text: string;
}

/** What a request says of a source, before anyone has looked whether it can be had. Secrets are readable. */
export interface SourceWish extends Omit<SourceFacts, 'identifier'> {
  readonly channel: GivenChannel;
}
