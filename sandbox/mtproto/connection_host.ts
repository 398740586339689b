import type { Dispatcher } from '../api/dispatch.js';
import type { ConnectionLog } from '../connections/log.js';
import type { RsaKey } from '../crypto/rsa_key.js';
import type { Keys } from '../state/keys.js';

/** How a data centre behaves: `half_dead` makes keys and answers nothing else. */
export type ServerMode = 'normal' | 'refuse' | 'silent' | 'half_dead';

/** What a connection needs of its data centre. */
export interface ConnectionHost {
  readonly dcId: number;
  readonly keys: Keys;
  readonly rsaKey: RsaKey;
  readonly log: ConnectionLog;
  readonly dispatcher: Dispatcher;
  readonly time: () => number;
  readonly randomBytes: (length: number) => Buffer;
  mode(): ServerMode;
}
