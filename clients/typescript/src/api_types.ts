/**
 * The operations of the service and their schemas: `npm run client:types` generates them from its OpenAPI document.
 * Fingerprint: af4107b46cb44757238e0c32e8de469a.
 */

export type Role = 'worker' | 'monitor' | 'admin';
export type Target = 'LOCAL' | 'NAS' | 'S3';
export type RunState = 'queued' | 'running' | 'waiting' | 'deferred' | 'completed' | 'failed' | 'cancelled';
export type BulkAction = 'invalidate' | 'restore' | 'tag' | 'untag' | 'test' | 'delete' | 'proxy';
export interface ById {
  /** The run */
  id: number;
}
export interface Search {
  skip?: number;
  limit?: number;
  /** Part of the session's name, of the holder or of the client's address */
  q?: string;
}
export interface Proxy {
  type: string;
  host: string;
  port: number;
  user: string | null;
}
/** An object, or a URL such as `socks5://user:pass@host:port` */
export interface NewProxy {
  type: 'socks5' | 'socks4' | 'mtproxy' | 'http';
  host: string;
  port: number;
  user?: string | null;
  /** Of an mtproxy: its secret */
  pass?: string | null;
}
export interface HistoryEntry {
  id: number;
  at: string;
  event: string;
  detail: string | null;
  holder: string | null;
  /** The holder's name; null: there is no holder, or it is the service itself */
  holder_name: string | null;
}
export interface NewSource {
  name: string;
  /** Where scraped data is stored */
  target: Target;
  /** Ask Telegram first, and refuse a channel that does not exist. It is saved if Telegram cannot say, since no session is free, say */
  check_channel?: boolean;
  channel_title?: string;
  /** Extensions of the files to download. Omitted: all; an empty list: none */
  file_types?: string[];
  /** Relative to the target's root; omitted: a directory named after the source's id */
  target_path?: string;
  /** A cron expression of 5 or 6 fields, in UTC */
  schedule?: string;
  /** A paused source runs on demand only */
  is_active?: boolean | ('active' | 'inactive');
  api_id?: number;
  api_hash?: string;
}
export interface RunFile {
  /** For its content */
  id: number;
  source_id: number;
  source_name: string;
  /** The run that found it */
  run_id: number;
  message_id: number;
  /** Relative to the target's root; null: not stored */
  path: string | null;
  name: string;
  mime_type: string;
  size_bytes: number;
  sha256: string | null;
  state: 'stored' | 'duplicate' | 'skipped';
  /** Why it was skipped */
  reason: string | null;
}
export interface Key {
  id: number;
  name: string;
  role: Role;
  max_leases: number | null;
  /** The key leases and sees only sessions that have all of these tags */
  tags: string[];
  expires_at: string | null;
  created_at: string;
}
/** The sessions that `GET /sessions` lists; `{}`: all. Instead of `ids` */
export interface SessionFilter {
  /** Part of the name, the phone number or a tag */
  q?: string;
  status?:
    | 'free'
    | 'leased'
    | 'cooldown'
    | 'flood'
    | 'invalid'
    | 'frozen'
    | 'used_up'
    | 'missing'
    | 'dead'
    | 'inactive'
    | 'duplicate';
  /**
   * Of the account
   */
  condition?: 'alive' | 'limited' | 'frozen' | 'dead';
  /** The sessions have all of these tags */
  tag?: string[];
  /** Of the session file */
  format?: string;
  /** Part of `type://host:port`; `none`: without a proxy */
  proxy?: string;
}
export type RunQuery = Search & {
  /** Repeatable: runs in any of these states */
  state?: string[];
  reason?: 'created' | 'schedule' | 'trigger';
  /**
   * With `-` in front, the other way round
   */
  sort?: `${'' | '-'}${'id' | 'started_at' | 'finished_at' | 'messages_read' | 'files_done' | 'bytes_done'}`;
};
export type FileQuery = Search & {
  state?: 'stored' | 'duplicate' | 'skipped';
};
export interface Lease {
  session_id: number;
  session_name: string;
  lease_id: string;
  expires_at: string;
  /** Relative to SESSIONS_DIR */
  session_file: string | null;
  format: string;
  phone_number: string | null;
  proxy:
    | (Proxy & {
        pass: string | null;
      })
    | null;
  tags: string[];
  /** With one `channel`: as this session knows it; null: it has to resolve it */
  peer?: Peer | null;
  /** With `channel`: one for each, in their order */
  peers?: (Peer | null)[];
  /** With `credentials` */
  session_string?: string;
  /** With `credentials=file`: the file, in base64; null if there is none */
  session_data?: string | null;
}
export interface Peer {
  /** Format: int64 */
  id: number | bigint;
  /** Of this session only; null: a basic group, which has none */
  access_hash: (number | bigint) | null;
  /**
   * `channel`: a channel or supergroup; `chat`: a basic group
   */
  type: 'channel' | 'chat';
  username: string | null;
  title: string;
}
export interface PoolStatus {
  total: number;
  /** What a plain `GET /session` could lease now */
  free: number;
  in_use: number;
  /** Flood waits of whole sessions, or of some method only, and invalidated sessions */
  in_floodwait: number;
  next_available: string | null;
  invalidated: number;
  unavailable: number;
  unavailable_reasons: {
    [key: string]: number;
  };
  /** Free, but with a method flood */
  flooded_for_methods: number;
  /** Whose account Telegram limits (`PEER_FLOOD`), whatever their status */
  limited: number;
  /** Whose account is frozen, whatever their status */
  frozen: number;
  /** Waiting requests */
  waiting: number;
  oldest_lease_seconds: number | null;
}
export interface StatusHistory {
  from: string;
  to: string;
  /** The length of a step, in seconds */
  step: number;
  points: {
    /** When the step began */
    at: string;
    /** The sessions at the end of the step, or their mean; null: unknown */
    free: number | null;
    in_use: number | null;
    in_floodwait: number | null;
    unavailable: number | null;
    /** Waiting requests */
    waiting: number | null;
    /** How many leases began within the step */
    leases: number;
    releases: number;
    /** Flood waits, of whole sessions and of single methods */
    floods: number;
    /** Requests for a session that got one */
    granted: number;
    /** Requests for a session that got none */
    refused: number;
    /** Of those granted; null: there were none */
    mean_wait_seconds: number | null;
    longest_wait_seconds: number;
  }[];
}
export interface Upcoming {
  session_id: number;
  session_name: string;
  /**
   * `free`: it waits for one `method` only; `leased`: its lease expires unless it is renewed; `used_up`: it has had all its leases of the day
   */
  state: 'free' | 'leased' | 'cooldown' | 'flood' | 'used_up';
  reason: string | null;
  /** The method that is flooded; null: the whole session */
  method: string | null;
  /** When that ends at the latest */
  until: string;
  /** In how many seconds, rounded up */
  seconds: number;
}
export interface WaitingRequests {
  /** At the replica that answers */
  here: number;
  /** At the other replicas */
  elsewhere: number;
  requests: {
    /** The key that asks */
    holder: string;
    /** The key's name */
    holder_name: string | null;
    /** The client's address */
    address: string | null;
    since: string;
    /** When it gives up */
    until: string;
    /** The session has all of them */
    tags: string[];
    /** Only this session */
    session_id: number | null;
    /** Only this session */
    session_name: string | null;
    /** The Telegram method that it is wanted for */
    method: string | null;
  }[];
}
export interface TagLimit {
  tag: string;
  /** Leases of one session in a day of UTC */
  max_uses_per_day: number;
  /** In how many days after a session came it grows up to that */
  ramp_days: number;
}
export interface AuditEntry {
  id: number;
  at: string;
  /** The key, by its name in leases and history */
  key: string;
  key_name: string;
  /** null: on the command line */
  address: string | null;
  request_id: string | null;
  action: string;
  object: string | null;
  /**
   * `failed`: it ended with an error, and may have been done partially
   */
  outcome: 'done' | 'failed';
}
export interface CodeSent {
  temp_session_id: string;
  phone_number: string;
  phone_code_hash: string;
  message: string;
  expires_in_minutes: number;
  code_type: string;
  next_type: string | null;
  /** Seconds until the code may be sent again */
  timeout: number | null;
}
export type Verified = Partial<Session> & {
  message: string;
  requires_password: boolean;
  password_hint?: string | null;
};
export interface Session {
  id: number;
  name: string;
  session_name: string;
  phone_number: string | null;
  api_id: number | null;
  is_active: string;
  status: string;
  status_reason: string | null;
  status_until: string | null;
  format: string;
  session_file: string | null;
  created_at: string;
  updated_at: string;
  last_checked_at: string | null;
  last_used_at: string | null;
  tags: string[];
  proxy: Proxy | null;
  /** The key that has leased it, as in leases */
  holder: string | null;
  /** The holder's name; null: nobody has leased it, or the service itself */
  holder_name: string | null;
  leased_at: string | null;
  /** Its flood waits for single methods, soonest end first */
  method_floods: {
    method: string;
    until: string;
  }[];
  /** Of its account: `alive`; `limited` for spam (`PEER_FLOOD`), it can read; `frozen`, it can only read; `dead` */
  condition: string;
  /** Of a limited or frozen account */
  condition_detail: {
    reason: string;
    since: string;
    /** Limited: a day after the last `PEER_FLOOD`. Frozen: when Telegram deletes the account */
    until: string | null;
    /** Where to appeal against a freeze */
    appeal_url: string | null;
  } | null;
  /** As of at most an hour ago */
  health: {
    /** From 0 to 100 */
    score: number;
    reasons: {
      /** dead, frozen, limited, flood_waits, errors, new, busy */
      reason: string;
      /** What it takes off */
      points: number;
      /** Seconds of flood waits, errors, days since the session came, or leases a day, over the last 7 days */
      value: number | null;
    }[];
  };
  /** How often it was leased since midnight in UTC */
  uses_today: number;
  /** By the limits of its tags; null: no limit */
  max_uses_today: number | null;
}
export type Uploaded = Partial<Session> & {
  temp_session_id?: string;
  message?: string;
  expires_in_minutes?: number;
};
export interface CodeOrSession {
  status: 'session_exists' | 'code_sent';
  phone_number: string;
  message: string;
  account_id?: string;
  session_file?: string | null;
  phone_code_hash?: string;
  temp_session_id?: string;
}
export interface Bulk {
  bulk_id: string;
  action: BulkAction;
  total: number;
  /** How many sessions succeeded */
  done: number;
  /** How many did not, those that were not begun included */
  failed: number;
  /** Whether some sessions were not begun */
  cancelled: boolean;
  results: {
    session_id: number;
    ok: boolean;
    /** Why it failed */
    code?: string;
    detail?: string;
    /** With `session_in_use_by_source` */
    source_id?: number;
    /** With `session_in_use_by_source` */
    source_name?: string;
    /** Of `test` */
    is_valid?: boolean;
    /** Of `test` */
    status?: string;
    /** Of `test` */
    error?: string | null;
  }[];
}
export interface Channel {
  /** Format: int64 */
  id: number | bigint;
  username: string | null;
  title: string;
  participants_count: number | null;
  is_broadcast: boolean;
  is_megagroup: boolean;
  is_private: boolean;
  access_hash: (number | bigint) | null;
  description: string | null;
}
export interface Source {
  id: number;
  name: string;
  identifier: string;
  channel_title: string | null;
  access_level: 'public' | 'private';
  target: Target;
  target_path: string | null;
  session_ref: number | null;
  session_id: number | null;
  /** Of the session that reads it */
  session_name: string | null;
  api_id: number | null;
  file_types: string[] | null;
  schedule: string | null;
  is_active: 'active' | 'inactive';
  created_at: string;
  updated_at: string;
  last_scraped_at: string | null;
  total_messages_scraped: number;
  total_files_downloaded: number;
  last_run: RunSummary | null;
  /** Null: Prefect is not used */
  deployment: Deployment | null;
}
export interface RunSummary {
  id: number;
  state: RunState;
  started_at: string | null;
  finished_at: string | null;
  error: string | null;
}
export interface Deployment {
  /** Its id at Prefect; null: it was not made yet */
  id: string | null;
  /** Whether Prefect has the source as it is now */
  synchronised: boolean;
  /** Prefect's own schedule, in its words, where it is no cron expression */
  schedule: string | null;
  /** Why the last attempt to synchronise failed */
  error: string | null;
  /** Its page in Prefect's interface */
  url: string | null;
}
export interface ChannelCheck {
  /** null: it cannot be said now, see `reason` */
  exists: boolean | null;
  /** The channel as a source names it */
  identifier: string;
  reason: string | null;
  channel: {
    title: string;
    username: string | null;
    is_private: boolean;
  } | null;
}
export interface Triggered {
  message: string;
  run_id: number;
  result: Run;
}
export type Run = RunSummary & {
  source_id: number;
  reason: 'created' | 'schedule' | 'trigger';
  /** The session in use, or used last; `bot` and its id: the source's bot */
  session_name: string | null;
  /** All that read for it at present, by name */
  sessions: string[];
  /** Since when it waits for a session */
  waiting_since: string | null;
  /** When it resumes */
  not_before: string | null;
  cancel_requested: boolean;
  /** It reads at most so many messages */
  limit: number | null;
  /** It skips messages from before this, for good */
  since: string | null;
  /** Extensions of the files that it downloads; null: the source's */
  file_types: string[] | null;
  /** Its id at Prefect */
  flow_run_id: string | null;
  /** Its page in Prefect's interface */
  flow_run_url: string | null;
  /** How many messages there are to read in all; null: Telegram does not say */
  total_messages: number | null;
  messages_read: number;
  messages_stored: number;
  files_found: number;
  files_done: number;
  files_skipped: number;
  bytes_done: number;
  /** How long it has taken */
  seconds: number;
  messages_per_second: number;
  bytes_per_second: number;
  created_at: string;
};
export type ListedRun = Run & {
  source_name: string;
};
export interface Settings {
  service: {
    version: string;
    node: string;
    database: 'sqlite' | 'postgres';
    started_at: string;
  };
  settings: {
    name: string;
    /** null: not set, or secret */
    value: string | number | null;
    is_secret: boolean;
    /** Whether it has a value, of its own or by default */
    is_set: boolean;
    is_default: boolean;
  }[];
  features: {
    name:
      | 'telegram_application'
      | 'https'
      | 'proxy'
      | 'session_checks'
      | 'egress'
      | 'nas'
      | 's3'
      | 'prefect'
      | 'replicas';
    configured: boolean;
    /** What it needs */
    settings: string[];
    /** What it is good for, and how to configure it */
    how_to: string;
  }[];
}
export interface Operations {
  /** Lease a free session */
  'GET /session': {
    query?: {
      /** How long the lease lasts, in seconds */
      ttl?: number;
      /** Wait up to this many seconds for a free session */
      wait?: number;
      /** Repeatable; the session must have all of them */
      tag?: string[];
      /** The session, as returned by `GET /session` */
      session_id?: number;
      session_name?: string;
      /** Telegram's method, such as `messages.getHistory` */
      method?: string;
      /** Repeatable: the channels to work with, `@name`, id or link. A session that knows them is preferred; another one needs resolves left */
      channel?: string[];
      /**
       * Which of the free sessions; `healthiest`: the highest health score; `round_robin`: the next id after the last one given so
       */
      strategy?: 'least_recently_used' | 'healthiest' | 'round_robin';
      /**
       * `frozen`: a session whose account is frozen, which can only read, if no other is free; never for a `method` that it cannot call
       */
      allow?: 'frozen';
      /**
       * Include the session itself in the answer
       */
      credentials?: 'string' | 'file';
      /**
       * Of `session_string`
       */
      format?: 'telethon' | 'gramjs' | 'pyrogram';
      /** `proxy` is this service, which cuts off what goes through when the lease ends */
      egress?: boolean;
    };
    answer: Lease;
  };
  /** Renew a lease */
  'POST /heartbeat': {
    body: {
      /** The session, as returned by `GET /session` */
      session_id: number;
      /** The lease, as returned by `GET /session` */
      lease_id: string;
      /** How long the lease lasts, in seconds */
      ttl?: number;
    };
    answer: {
      status: 'renewed';
      session_id: number;
      lease_id: string;
      expires_at: string;
    };
  };
  /** Release a session */
  'POST /release': {
    body: {
      /** The session, as returned by `GET /session` */
      session_id: number;
      /** The lease, as returned by `GET /session` */
      lease_id?: string;
      /** A flood wait that ended the work, in seconds */
      flood_wait?: number;
      /** Telegram's method, such as `messages.getHistory` */
      method?: string;
    };
    answer: {
      status: 'released';
      session_id: number;
    };
  };
  /** Take a session out of the pool until someone restores it */
  'POST /invalidate': {
    body: {
      /** The session, as returned by `GET /session` */
      session_id: number;
      /** The lease, as returned by `GET /session` */
      lease_id?: string;
      reason?: string;
    };
    answer: {
      status: 'invalidated';
      session_id: number;
    };
  };
  /** Record a flood wait */
  'POST /floodwait': {
    body: {
      /** The session, as returned by `GET /session` */
      session_id: number;
      wait_seconds: number;
      /** The lease, as returned by `GET /session` */
      lease_id?: string;
      /** Telegram's method, such as `messages.getHistory` */
      method?: string;
    };
    answer: {
      status: 'floodwait';
      session_id: number;
      floodwait_until: string;
      method: string | null;
    };
  };
  /** Report a Telegram error, and learn what to do */
  'POST /report': {
    body: {
      /** The session, as returned by `GET /session` */
      session_id: number;
      /** The lease, as returned by `GET /session` */
      lease_id: string;
      /** Telegram's name of the error */
      error: string;
      /** Telegram's method, such as `messages.getHistory` */
      method?: string;
      /** The channel that the call was about: after `CHANNEL_INVALID` and the like it is forgotten */
      channel?: string;
    };
    answer: {
      /**
       * wait: keep the session and wait; swap: release it and lease another; stop: the session is dead, drop it; retry: try again
       */
      action: 'wait' | 'swap' | 'stop' | 'retry';
      wait_seconds?: number;
      status: string;
      session_id: number;
      error: string;
      method: string | null;
      floodwait_until: string | null;
    };
  };
  /** Restore a session */
  'POST /restore': {
    body: {
      /** The session, as returned by `GET /session` */
      session_id: number;
    };
    answer: {
      status: 'restored';
      session_id: number;
    };
  };
  /** The number of sessions in each state */
  'GET /status': {
    answer: PoolStatus;
  };
  /** What the pool did over time */
  'GET /status/history': {
    query?: {
      /** By default an hour before `to` */
      from?: string;
      /** By default now */
      to?: string;
      /** In seconds, a multiple of 60; by default one that suits the time */
      step?: number;
    };
    answer: StatusHistory;
  };
  /** Which sessions become free next, and when */
  'GET /status/upcoming': {
    query?: {
      /** The sessions have all of these tags */
      tag?: string[];
      limit?: number;
    };
    answer: Upcoming[];
  };
  /** The requests that wait for a session, first come first */
  'GET /status/waiting': {
    query?: {
      limit?: number;
    };
    answer: WaitingRequests;
  };
  /** The current leases, oldest first unless sorted */
  'GET /leases': {
    query?: Search & {
      /** The key that holds them */
      holder?: string;
      /**
       * With `-` in front, the other way round
       */
      sort?: `${'' | '-'}${'leased_at' | 'expires_at' | 'session_name' | 'holder'}`;
    };
    answer: {
      session_id: number;
      session_name: string;
      /** null unless the key is an admin */
      lease_id: string | null;
      holder: string;
      /** The key's name; null: the service itself */
      holder_name: string | null;
      /** The client's address; null: the service itself */
      address: string | null;
      leased_at: string;
      expires_at: string;
      renewed: boolean;
      held_seconds: number;
      /** What goes through the egress fence */
      egress: {
        connections: number;
        bytes_up: number;
        bytes_down: number;
      } | null;
    }[];
  };
  /** The events of all sessions that happened before, newest first */
  'GET /events/history': {
    query?: {
      /** Only events before the one with this id */
      before?: number;
      limit?: number;
    };
    answer: (HistoryEntry & {
      session_id: number;
      /** null: the session was deleted */
      session_name: string | null;
    })[];
  };
  /** The history of a session, newest event first */
  'GET /sessions/{id}/history': {
    path: ById;
    query?: {
      skip?: number;
      limit?: number;
    };
    answer: (HistoryEntry & {
      /** null unless the key is an admin */
      lease_id: string | null;
    })[];
  };
  /** Save channels that a leased session has resolved */
  'POST /peers': {
    body: {
      /** The session, as returned by `GET /session` */
      session_id: number;
      /** The lease, as returned by `GET /session` */
      lease_id: string;
      peers: {
        /** Format: int64 */
        id: number | bigint;
        /** Of this session; null: a basic group has none */
        access_hash?: (number | bigint) | null;
        type?: 'channel' | 'chat';
        username?: string | null;
        title?: string | null;
      }[];
      /** Whether those with a username were found by it, which counts; false: in the dialogs, say */
      resolved?: boolean;
    };
    answer: {
      status: 'saved';
      session_id: number;
      peers: number;
    };
  };
  /** Which sessions know a channel, or which channels a session knows */
  'GET /peers': {
    query?: {
      skip?: number;
      limit?: number;
      channel?: string;
      /** The session, as returned by `GET /session` */
      session_id?: number;
    };
    answer: (Peer & {
      session_id: number;
      session_name: string;
      /** What it is found by */
      channel: string;
      used_at: string;
      /** Usernames that this session may still resolve */
      resolves_left: number;
    })[];
  };
  /** How many usernames a session may still resolve, and how many channels it knows */
  'GET /sessions/{id}/resolve-budget': {
    path: ById;
    answer: {
      session_id: number;
      channels_known: number;
      /** The setting, or what a flood has lowered it to */
      resolves_per_day: number;
      /** Within the last 24 hours */
      resolves_used: number;
      resolves_left: number;
      /** Seconds until one is left; 0: one is; null: never */
      next_resolve_in: number | null;
    };
  };
  /** How often sessions may be leased in a day, by tag */
  'GET /tags/limits': {
    answer: TagLimit[];
  };
  /** Limit how often sessions with a tag may be leased in a day */
  'PUT /tags/{tag}/limits': {
    path: {
      /** The tag, percent-encoded */
      tag: string;
    };
    body: {
      max_uses_per_day: number;
      ramp_days?: number;
    };
    answer: TagLimit;
  };
  /** Let sessions with a tag be leased without a limit */
  'DELETE /tags/{tag}/limits': {
    path: {
      /** The tag, percent-encoded */
      tag: string;
    };
    answer: {
      tag: string;
    };
  };
  /** Sync the pool with SESSIONS_DIR */
  'POST /sync': {
    body?: {
      /** Only report what would change */
      dry_run?: boolean;
      /** Remove sessions even if the guard would refuse */
      force?: boolean;
    };
    answer: {
      status: 'sync complete';
      dry_run: boolean;
      details: {
        new_sessions: number;
        removed_sessions: number;
        total_sessions: number;
        updated_sessions: number;
        /** Their files are gone, but they are leased or in use */
        missing_sessions: number;
        /** The first 1,000; fewer if another replica did the sync (SESSIONS_SYNC=off) */
        rejected: {
          file: string;
          reason: string;
        }[];
        rejected_total: number;
        /** Being written just now; read again in a moment */
        unsettled: string[];
      };
    };
  };
  /** List the API keys */
  'GET /keys': {
    query?: Search & {
      role?: Role;
      /**
       * With `-` in front, the other way round
       */
      sort?: `${'' | '-'}${'id' | 'name' | 'role' | 'created_at' | 'expires_at'}`;
    };
    answer: Key[];
  };
  /** Create an API key */
  'POST /keys': {
    body: {
      name: string;
      role: Role;
      /** Its maximum number of concurrent leases */
      max_leases?: number | null;
      /** The key is rejected from then on */
      expires_at?: string | null;
      /** The key leases and sees only sessions that have all of these tags */
      tags?: string[] | null;
    };
    answer: Key & {
      key: string;
    };
  };
  /** The name and role of this key */
  'GET /keys/self': {
    answer: {
      name: string;
      role: Role;
      max_leases: number | null;
      tags: string[];
      expires_at: string | null;
      /** The name of this key in leases and history */
      holder: string;
    };
  };
  /** Revoke an API key */
  'DELETE /keys/{id}': {
    path: ById;
    query?: {
      /** End its leases at once */
      end_leases?: boolean;
    };
    answer: {
      message: string;
      id: number;
    };
  };
  /** Admin actions, newest first */
  'GET /audit': {
    query?: Search & {
      action?: string;
      object?: string;
      /** By its name in leases and history */
      key?: string;
      outcome?: 'done' | 'failed';
      /**
       * With `-` in front, the other way round
       */
      sort?: 'at' | '-at';
    };
    answer: AuditEntry[];
  };
  /** Request a login code */
  'POST /sessions/send-otp': {
    body: {
      /** International, with + */
      phone_number: string;
      api_id?: number;
      api_hash?: string;
      /** With it, `finalize` saves the session; without, `verify-otp` does */
      session_name?: string;
    };
    answer: CodeSent;
  };
  /** Request the code again, sent by the next method */
  'POST /sessions/resend-otp': {
    body: {
      /** The login, as returned by `send-otp` or `upload-file` */
      temp_session_id: string;
    };
    answer: CodeSent;
  };
  /** Sign in with the code, and the 2FA password if the account has one */
  'POST /sessions/verify-otp': {
    body: {
      /** The login, as returned by `send-otp` or `upload-file` */
      temp_session_id: string;
      code: string;
      /** The account's 2FA password */
      password?: string;
      /** The name of the session and of its file */
      session_name?: string;
    };
    answer: Verified;
  };
  /** Save a login, or an uploaded session */
  'POST /sessions/finalize': {
    body: {
      /** The login, as returned by `send-otp` or `upload-file` */
      temp_session_id: string;
      /** The name of the session and of its file */
      name?: string;
      /** The name of the session and of its file */
      session_name?: string;
    };
    answer: Session;
  };
  /** Cancel a login */
  'DELETE /sessions/temp/{temp_session_id}': {
    path: {
      /** The login, as returned by `send-otp` or `upload-file` */
      temp_session_id: string;
    };
    answer: {
      message: string;
      id: string;
    };
  };
  /** Upload a session file of Telethon or Pyrogram */
  'POST /sessions/upload-file': {
    body?: {
      /** With it, the session is saved at once; without, by `finalize` */
      session_name?: string;
      /** International, with + */
      phone_number?: string;
      api_id?: number;
      api_hash?: string;
      /** Format: binary */
      session_file?: Blob;
    };
    answer: Uploaded;
  };
  /** Add a session by its string, of Telethon, GramJS or Pyrogram */
  'POST /sessions': {
    body: {
      /** The name of the session and of its file */
      name: string;
      /** International, with + */
      phone_number?: string;
      api_id?: number;
      api_hash?: string;
      /** Of Telethon, GramJS or Pyrogram */
      session_string: string;
    };
    answer: Session;
  };
  /** List the sessions */
  'GET /sessions': {
    query?: SessionFilter & {
      skip?: number;
      limit?: number;
      /**
       * With `-` in front, the other way round
       */
      sort?: `${'' | '-'}${'id' | 'name' | 'phone_number' | 'status' | 'status_until' | 'format' | 'created_at' | 'updated_at' | 'last_checked_at' | 'last_used_at' | 'health'}`;
    };
    answer: Session[];
  };
  /** Find the session of a phone number, or send a code */
  'POST /sessions/get-code': {
    body: {
      /** International, with + */
      phone_number: string;
    };
    answer: CodeOrSession;
  };
  /** Do the same to many sessions, up to 1000 */
  'POST /sessions/bulk': {
    body: {
      /** The sessions; instead of `filter` */
      ids?: number[];
      /** The sessions that `GET /sessions` lists; `{}`: all. Instead of `ids` */
      filter?: SessionFilter;
      action: BulkAction;
      /** For `tag` and `untag` */
      tags?: string[];
      /** For `proxy`; empty: a direct connection */
      proxy?: NewProxy | null;
      /** For `invalidate` */
      reason?: string;
      /** The name of this action in `bulk` events, and for cancelling it; made up if it is omitted */
      bulk_id?: string;
    };
    answer: Bulk;
  };
  /** Cancel an action on many sessions */
  'POST /sessions/bulk/{bulk_id}/cancel': {
    path: {
      bulk_id: string;
    };
    answer: {
      message: string;
      bulk_id: string;
    };
  };
  /** The tags that sessions have, in alphabetical order */
  'GET /sessions/tags': {
    query?: {
      /** Only the tags that come after this one */
      after?: string;
      limit?: number;
    };
    answer: string[];
  };
  /** One session */
  'GET /sessions/{id}': {
    path: ById;
    answer: Session;
  };
  /** Rename or tag a session, set its proxy, take it out of the pool or return it */
  'PUT /sessions/{id}': {
    path: ById;
    body?: {
      /** Renames its file too */
      name?: string;
      /**
       * `inactive` and `expired` sessions are not leased; `active` returns either to the pool
       */
      is_active?: 'active' | 'inactive' | 'expired';
      tags?: string[];
      /** An object, a URL such as `socks5://user:pass@host:port`, or empty: no proxy */
      proxy?: NewProxy | null;
    };
    answer: Session;
  };
  /** Delete a session and its file */
  'DELETE /sessions/{id}': {
    path: ById;
    answer: {
      message: string;
      id: number;
    };
  };
  /** Export a session */
  'GET /sessions/{id}/export': {
    path: ById;
    query?: {
      /**
       * A session string, or (`file`) a Telethon session file
       */
      format?: 'telethon' | 'gramjs' | 'pyrogram' | 'file';
    };
    answer: {
      session_id: number;
      session_name: string;
      format: string;
      session_string: string;
    };
  };
  /** Ask Telegram whether a session is valid */
  'POST /sessions/{id}/test': {
    path: ById;
    answer: {
      session_id: number;
      is_valid: boolean;
      /** `active`, `limited` or `frozen`; of a session that is not valid, why: `dead`, … */
      status: string;
      error: string | null;
    };
  };
  /** The channels and groups of a session */
  'GET /sessions/{id}/channels': {
    path: ById;
    query?: {
      /** Ask Telegram, whatever is cached */
      refresh?: boolean;
    };
    answer: Channel[];
  };
  /** Create a source */
  'POST /sources': {
    body: NewSource & {
      /** `@name`, `name`, `https://t.me/name`, `-1001234567890` or `1234567890` */
      identifier: string | number;
      access_level: 'public' | 'private';
      /** The session, as returned by `GET /session` */
      session_ref?: number;
      /** The session, as returned by `GET /session` */
      session_id?: number;
      /** A bot that reads a public channel, given by its name, while no session is free */
      bot_token?: string;
    };
    answer: Source;
  };
  /** List the sources */
  'GET /sources': {
    query?: Search & {
      /**
       * Whether it is active, or the state of its newest run
       */
      state?:
        | 'active'
        | 'inactive'
        | 'queued'
        | 'running'
        | 'waiting'
        | 'deferred'
        | 'completed'
        | 'failed'
        | 'cancelled';
      access_level?: 'public' | 'private';
      target?: Target;
      /** The session that reads it */
      session_id?: number;
      /**
       * With `-` in front, the other way round
       */
      sort?: `${'' | '-'}${'id' | 'name' | 'identifier' | 'target' | 'created_at' | 'updated_at' | 'last_scraped_at' | 'total_messages_scraped' | 'total_files_downloaded'}`;
    };
    answer: Source[];
  };
  /** Create a source for a private channel, read by one session */
  'POST /sources/private': {
    body: NewSource & {
      /** The session, as returned by `GET /session` */
      session_id?: number;
      /** The session, as returned by `GET /session` */
      session_ref?: number;
      /** `@name`, `name`, `https://t.me/name`, `-1001234567890` or `1234567890` */
      channel_id: string | number;
    };
    answer: Source;
  };
  /** Create a source for a public channel */
  'POST /sources/public': {
    body: NewSource & {
      /** `@name`, `name`, `https://t.me/name`, `-1001234567890` or `1234567890` */
      channel_username: string | number;
      /** A bot that reads a public channel, given by its name, while no session is free */
      bot_token?: string;
    };
    answer: Source;
  };
  /** The targets that are configured */
  'GET /sources/targets': {
    answer: {
      target: Target;
    }[];
  };
  /** Ask Telegram whether a channel exists */
  'POST /sources/check': {
    body?: {
      /** `@name`, `name`, `https://t.me/name`, `-1001234567890` or `1234567890` */
      identifier?: string | number;
      /** `@name`, `name`, `https://t.me/name`, `-1001234567890` or `1234567890` */
      channel_username?: string | number;
      /** `@name`, `name`, `https://t.me/name`, `-1001234567890` or `1234567890` */
      channel_id?: string | number;
      /** The session that shall read it; needed for an id */
      session_id?: number;
    };
    answer: ChannelCheck;
  };
  /** One source */
  'GET /sources/{id}': {
    path: ById;
    answer: Source;
  };
  /** Change any field of a source, pause or resume it */
  'PUT /sources/{id}': {
    path: ById;
    body?: {
      name?: string;
      /** `@name`, `name`, `https://t.me/name`, `-1001234567890` or `1234567890` */
      identifier?: string | number;
      /** `@name`, `name`, `https://t.me/name`, `-1001234567890` or `1234567890` */
      channel_username?: string | number;
      /** `@name`, `name`, `https://t.me/name`, `-1001234567890` or `1234567890` */
      channel_id?: string | number;
      access_level?: 'public' | 'private';
      /** Where scraped data is stored */
      target?: Target;
      /** A paused source runs on demand only */
      is_active?: boolean | ('active' | 'inactive');
      session_ref?: number | null;
      session_id?: number | null;
      channel_title?: string | null;
      file_types?: string[] | null;
      target_path?: string | null;
      schedule?: string | null;
      api_id?: number | null;
      api_hash?: string | null;
      bot_token?: string | null;
    };
    answer: Source;
  };
  /** Delete a source, its schedule and its runs */
  'DELETE /sources/{id}': {
    path: ById;
    answer: {
      message: string;
      id: number;
    };
  };
  /** Run a source now */
  'POST /sources/{id}/trigger': {
    path: ById;
    answer: Triggered;
  };
  /** Run the source with this id or, without one, with this name */
  'POST /flows/trigger/{name}': {
    path: {
      /** The name of a source */
      name: string;
    };
    query?: {
      /** The source, whatever name is in the path */
      source_id?: number;
    };
    answer: Triggered;
  };
  /** The runs of all sources */
  'GET /runs': {
    query?: RunQuery & {
      /** Of this source */
      source_id?: number;
    };
    answer: ListedRun[];
  };
  /** The runs of a source */
  'GET /sources/{id}/runs': {
    path: ById;
    query?: RunQuery;
    answer: ListedRun[];
  };
  /** A run and its progress */
  'GET /runs/{id}': {
    path: ById;
    answer: ListedRun;
  };
  /** The log of a run, oldest entry first unless sorted */
  'GET /runs/{id}/logs': {
    path: ById;
    query?: Search & {
      /** Only entries after the one with this id, to follow the log */
      after?: number;
      /** Repeatable: entries of any of these levels */
      level?: string[];
      /**
       * With `-` in front, the other way round
       */
      sort?: 'id' | '-id';
    };
    answer: {
      /** Ascending; see `after` */
      id: number;
      at: string;
      level: 'info' | 'warning' | 'error';
      message: string;
    }[];
  };
  /** Cancel a run */
  'POST /runs/{id}/cancel': {
    path: ById;
    answer: Run & {
      message: string;
      run_id: number;
    };
  };
  /** The files that a run has found, by message */
  'GET /runs/{id}/files': {
    path: ById;
    query?: FileQuery;
    answer: RunFile[];
  };
  /** The content of a file */
  'GET /runs/{id}/files/{file_id}/content': {
    path: {
      /** The run */
      id: number;
      /** The file, by the `id` in the list of files */
      file_id: number;
    };
    /** Format: stream */
    answer: ReadableStream<Uint8Array>;
  };
  /** The files of all sources, newest first */
  'GET /files': {
    query?: FileQuery;
    answer: RunFile[];
  };
  /** The files of a source, by message */
  'GET /sources/{id}/files': {
    path: ById;
    query?: FileQuery;
    answer: RunFile[];
  };
  /** The content of a file */
  'GET /sources/{id}/files/{file_id}/content': {
    path: {
      /** The source */
      id: number;
      /** The file, by the `id` in the list of files */
      file_id: number;
    };
    /** Format: stream */
    answer: ReadableStream<Uint8Array>;
  };
  /** The settings that the service runs with, and what is not configured */
  'GET /settings': {
    answer: Settings;
  };
  /** Whether the process is alive */
  'GET /health': {
    answer: {
      status: 'ok';
    };
  };
  /** Whether the service is ready: database, sessions directory */
  'GET /ready': {
    answer: {
      status: 'ready';
      checks: {
        [key: string]: string;
      };
    };
  };
  /** Metrics for Prometheus */
  'GET /metrics': {
    answer: string;
  };
  /** Events of the pool, as server-sent events */
  'GET /events': {
    answer: string;
  };
}
