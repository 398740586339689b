/**
 * The operations of the service and their schemas: `npm run client:types` generates them from its OpenAPI document.
 * Fingerprint: 2a0f1116ff86d5f13d2040789ae18eb7.
 */

export interface Lease {
  session_id: number;
  session_name: string;
  lease_id: string;
  expires_at: string;
  /** Relative to SESSIONS_DIR */
  session_file: string | null;
  format: string;
  phone_number: string | null;
  proxy: {
    type: string;
    host: string;
    port: number;
    user: string | null;
    pass: string | null;
  } | null;
  tags: string[];
  /** With `credentials` */
  session_string?: string;
  /** With `credentials=file`: the file, in base64; null if there is none */
  session_data?: string | null;
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
  /** Waiting requests */
  waiting: number;
  oldest_lease_seconds: number | null;
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
export interface Verified {
  message: string;
  requires_password: boolean;
  password_hint?: string | null;
  id?: number;
  name?: string;
  session_name?: string;
  phone_number?: string | null;
  api_id?: number | null;
  is_active?: string;
  status?: string;
  status_reason?: string | null;
  status_until?: string | null;
  format?: string;
  session_file?: string | null;
  created_at?: string;
  updated_at?: string;
  last_checked_at?: string | null;
  last_used_at?: string | null;
  tags?: string[];
  proxy?: {
    type: string;
    host: string;
    port: number;
    user: string | null;
  } | null;
}
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
  proxy: {
    type: string;
    host: string;
    port: number;
    user: string | null;
  } | null;
}
export interface Uploaded {
  id?: number;
  name?: string;
  session_name?: string;
  phone_number?: string | null;
  api_id?: number | null;
  is_active?: string;
  status?: string;
  status_reason?: string | null;
  status_until?: string | null;
  format?: string;
  session_file?: string | null;
  created_at?: string;
  updated_at?: string;
  last_checked_at?: string | null;
  last_used_at?: string | null;
  tags?: string[];
  proxy?: {
    type: string;
    host: string;
    port: number;
    user: string | null;
  } | null;
  temp_session_id?: string;
  message?: string;
  expires_in_minutes?: number;
}
export interface CodeOrSession {
  status: 'session_exists' | 'code_sent';
  phone_number: string;
  message: string;
  account_id?: string;
  session_file?: string | null;
  phone_code_hash?: string;
  temp_session_id?: string;
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
  target: 'LOCAL' | 'NAS' | 'S3';
  target_path: string | null;
  session_ref: number | null;
  session_id: number | null;
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
  state: 'queued' | 'running' | 'waiting' | 'deferred' | 'completed' | 'failed' | 'cancelled';
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
export interface Triggered {
  message: string;
  run_id: number;
  result: Run;
}
export interface Run {
  id: number;
  state: 'queued' | 'running' | 'waiting' | 'deferred' | 'completed' | 'failed' | 'cancelled';
  started_at: string | null;
  finished_at: string | null;
  error: string | null;
  source_id: number;
  reason: 'created' | 'schedule' | 'trigger';
  /** The session in use, or used last; `bot` and its id: the source's bot */
  session_name: string | null;
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
}
export interface Operations {
  /** Lease a free session */
  'GET /session': {
    query: {
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
      /**
       * Include the session itself in the answer
       */
      credentials?: 'string' | 'file';
      /**
       * Of `session_string`
       */
      format?: 'telethon' | 'gramjs' | 'pyrogram';
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
  /** The current leases, oldest first */
  'GET /leases': {
    query: {
      skip?: number;
      limit?: number;
    };
    answer: {
      session_id: number;
      session_name: string;
      /** null unless the key is an admin */
      lease_id: string | null;
      holder: string;
      leased_at: string;
      expires_at: string;
      renewed: boolean;
      held_seconds: number;
    }[];
  };
  /** The history of a session, newest event first */
  'GET /sessions/{id}/history': {
    path: {
      /** The session, as returned by `GET /session` */
      id: number;
    };
    query: {
      skip?: number;
      limit?: number;
    };
    answer: {
      id: number;
      at: string;
      event: string;
      detail: string | null;
      /** null unless the key is an admin */
      lease_id: string | null;
      holder: string | null;
    }[];
  };
  /** Sync the pool with SESSIONS_DIR */
  'POST /sync': {
    body: {
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
    answer: {
      id: number;
      name: string;
      role: 'worker' | 'monitor' | 'admin';
      max_leases: number | null;
      /** The key leases and sees only sessions that have all of these tags */
      tags: string[];
      expires_at: string | null;
      created_at: string;
    }[];
  };
  /** Create an API key */
  'POST /keys': {
    body: {
      name: string;
      role: 'worker' | 'monitor' | 'admin';
      /** Its maximum number of concurrent leases */
      max_leases?: number | null;
      /** The key is rejected from then on */
      expires_at?: string | null;
      /** The key leases and sees only sessions that have all of these tags */
      tags?: string[] | null;
    };
    answer: {
      id: number;
      name: string;
      role: 'worker' | 'monitor' | 'admin';
      max_leases: number | null;
      /** The key leases and sees only sessions that have all of these tags */
      tags: string[];
      expires_at: string | null;
      created_at: string;
      key: string;
    };
  };
  /** The name and role of this key */
  'GET /keys/self': {
    answer: {
      name: string;
      role: 'worker' | 'monitor' | 'admin';
      max_leases: number | null;
      tags: string[];
      expires_at: string | null;
      /** The name of this key in leases and history */
      holder: string;
    };
  };
  /** Revoke an API key */
  'DELETE /keys/{id}': {
    path: {
      /** The session, as returned by `GET /session` */
      id: number;
    };
    query: {
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
    query: {
      skip?: number;
      limit?: number;
      action?: string | null;
      object?: string | null;
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
    body: {
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
    query: {
      skip?: number;
      limit?: number;
      /** Part of the name, the phone number or a tag */
      q?: string | null;
      status?:
        | (
            | 'free'
            | 'leased'
            | 'cooldown'
            | 'flood'
            | 'invalid'
            | 'missing'
            | 'dead'
            | 'inactive'
            | 'duplicate'
          )
        | null;
      /** The sessions have all of these tags */
      tag?: string[] | null;
      /** With `-` in front, the other way round */
      sort?:
        | (
            | 'id'
            | '-id'
            | 'name'
            | '-name'
            | 'phone_number'
            | '-phone_number'
            | 'status'
            | '-status'
            | 'created_at'
            | '-created_at'
            | 'updated_at'
            | '-updated_at'
            | 'last_checked_at'
            | '-last_checked_at'
            | 'last_used_at'
            | '-last_used_at'
          )
        | null;
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
  /** One session */
  'GET /sessions/{id}': {
    path: {
      /** The session, as returned by `GET /session` */
      id: number;
    };
    answer: Session;
  };
  /** Rename or tag a session, set its proxy, take it out of the pool or return it */
  'PUT /sessions/{id}': {
    path: {
      /** The session, as returned by `GET /session` */
      id: number;
    };
    body: {
      /** Renames its file too */
      name?: string;
      /**
       * `inactive` and `expired` sessions are not leased; `active` returns either to the pool
       */
      is_active?: 'active' | 'inactive' | 'expired';
      tags?: string[];
      /** An object, a URL such as `socks5://user:pass@host:port`, or empty: no proxy */
      proxy?: {
        type: 'socks5' | 'socks4' | 'mtproxy' | 'http';
        host: string & (unknown & unknown);
        port: number;
        user?: string | null;
        /** Of an mtproxy: its secret */
        pass?: string | null;
      } | null;
    };
    answer: Session;
  };
  /** Delete a session and its file */
  'DELETE /sessions/{id}': {
    path: {
      /** The session, as returned by `GET /session` */
      id: number;
    };
    answer: {
      message: string;
      id: number;
    };
  };
  /** Export a session */
  'GET /sessions/{id}/export': {
    path: {
      /** The session, as returned by `GET /session` */
      id: number;
    };
    query: {
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
    path: {
      /** The session, as returned by `GET /session` */
      id: number;
    };
    answer: {
      session_id: number;
      is_valid: boolean;
      status: string;
      error: string | null;
    };
  };
  /** The channels and groups of a session */
  'GET /sessions/{id}/channels': {
    path: {
      /** The session, as returned by `GET /session` */
      id: number;
    };
    query: {
      /** Ask Telegram, whatever is cached */
      refresh?: boolean;
    };
    answer: Channel[];
  };
  /** Create a source */
  'POST /sources': {
    body: {
      name: string;
      /** `@name`, `name`, `https://t.me/name`, `-1001234567890` or `1234567890` */
      identifier: string | number;
      access_level: 'public' | 'private';
      /**
       * Where scraped data is stored
       */
      target: 'LOCAL' | 'NAS' | 'S3';
      /** The session, as returned by `GET /session` */
      session_ref?: number;
      /** The session, as returned by `GET /session` */
      session_id?: number;
      /** A bot that reads a public channel, given by its name, while no session is free */
      bot_token?: string;
      channel_title?: string;
      /** Extensions of the files to download. Omitted: all; an empty list: none */
      file_types?: string[];
      /** Relative to the target's root; omitted: a directory named after the source's id */
      target_path?: string;
      /** A cron expression of 5 or 6 fields, in UTC */
      schedule?: string;
      /** A paused source runs on demand only */
      is_active?: (boolean | ('active' | 'inactive' | 'true' | 'false')) &
        (boolean | ('active' | 'inactive'));
      api_id?: number;
      api_hash?: string;
    };
    answer: Source;
  };
  /** List the sources */
  'GET /sources': {
    query: {
      skip?: number;
      limit?: number;
    };
    answer: Source[];
  };
  /** Create a source for a private channel, read by one session */
  'POST /sources/private': {
    body: {
      name: string;
      /** The session, as returned by `GET /session` */
      session_id?: number;
      /** The session, as returned by `GET /session` */
      session_ref?: number;
      /** `@name`, `name`, `https://t.me/name`, `-1001234567890` or `1234567890` */
      channel_id: string | number;
      /**
       * Where scraped data is stored
       */
      target: 'LOCAL' | 'NAS' | 'S3';
      channel_title?: string;
      /** Extensions of the files to download. Omitted: all; an empty list: none */
      file_types?: string[];
      /** Relative to the target's root; omitted: a directory named after the source's id */
      target_path?: string;
      /** A cron expression of 5 or 6 fields, in UTC */
      schedule?: string;
      /** A paused source runs on demand only */
      is_active?: (boolean | ('active' | 'inactive' | 'true' | 'false')) &
        (boolean | ('active' | 'inactive'));
      api_id?: number;
      api_hash?: string;
    };
    answer: Source;
  };
  /** Create a source for a public channel */
  'POST /sources/public': {
    body: {
      name: string;
      /** `@name`, `name`, `https://t.me/name`, `-1001234567890` or `1234567890` */
      channel_username: string | number;
      /** A bot that reads a public channel, given by its name, while no session is free */
      bot_token?: string;
      /**
       * Where scraped data is stored
       */
      target: 'LOCAL' | 'NAS' | 'S3';
      channel_title?: string;
      /** Extensions of the files to download. Omitted: all; an empty list: none */
      file_types?: string[];
      /** Relative to the target's root; omitted: a directory named after the source's id */
      target_path?: string;
      /** A cron expression of 5 or 6 fields, in UTC */
      schedule?: string;
      /** A paused source runs on demand only */
      is_active?: (boolean | ('active' | 'inactive' | 'true' | 'false')) &
        (boolean | ('active' | 'inactive'));
      api_id?: number;
      api_hash?: string;
    };
    answer: Source;
  };
  /** One source */
  'GET /sources/{id}': {
    path: {
      /** The source */
      id: number;
    };
    answer: Source;
  };
  /** Change any field of a source, pause or resume it */
  'PUT /sources/{id}': {
    path: {
      /** The source */
      id: number;
    };
    body: {
      name?: string;
      /** `@name`, `name`, `https://t.me/name`, `-1001234567890` or `1234567890` */
      identifier?: string | number;
      /** `@name`, `name`, `https://t.me/name`, `-1001234567890` or `1234567890` */
      channel_username?: string | number;
      /** `@name`, `name`, `https://t.me/name`, `-1001234567890` or `1234567890` */
      channel_id?: string | number;
      access_level?: 'public' | 'private';
      /**
       * Where scraped data is stored
       */
      target?: 'LOCAL' | 'NAS' | 'S3';
      /** A paused source runs on demand only */
      is_active?: (boolean | ('active' | 'inactive' | 'true' | 'false')) &
        (boolean | ('active' | 'inactive'));
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
    path: {
      /** The source */
      id: number;
    };
    answer: {
      message: string;
      id: number;
    };
  };
  /** Run a source now */
  'POST /sources/{id}/trigger': {
    path: {
      /** The source */
      id: number;
    };
    answer: Triggered;
  };
  /** Run the source with this id or, without one, with this name */
  'POST /flows/trigger/{name}': {
    path: {
      /** The name of a source */
      name: string;
    };
    query: {
      /** The source, whatever name is in the path */
      source_id?: number;
    };
    answer: Triggered;
  };
  /** The runs of a source, newest first */
  'GET /sources/{id}/runs': {
    path: {
      /** The source */
      id: number;
    };
    query: {
      skip?: number;
      limit?: number;
    };
    answer: Run[];
  };
  /** A run and its progress */
  'GET /runs/{id}': {
    path: {
      /** The run */
      id: number;
    };
    answer: Run;
  };
  /** The log of a run, oldest first */
  'GET /runs/{id}/logs': {
    path: {
      /** The run */
      id: number;
    };
    query: {
      skip?: number;
      limit?: number;
    };
    answer: {
      at: string;
      level: 'info' | 'warning' | 'error';
      message: string;
    }[];
  };
  /** The files that a run has found, by message */
  'GET /runs/{id}/files': {
    path: {
      /** The run */
      id: number;
    };
    query: {
      skip?: number;
      limit?: number;
    };
    answer: {
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
    }[];
  };
  /** Cancel a run */
  'POST /runs/{id}/cancel': {
    path: {
      /** The run */
      id: number;
    };
    answer: {
      id: number;
      state: 'queued' | 'running' | 'waiting' | 'deferred' | 'completed' | 'failed' | 'cancelled';
      started_at: string | null;
      finished_at: string | null;
      error: string | null;
      source_id: number;
      reason: 'created' | 'schedule' | 'trigger';
      /** The session in use, or used last; `bot` and its id: the source's bot */
      session_name: string | null;
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
      message: string;
      run_id: number;
    };
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
