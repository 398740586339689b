import { z } from 'zod';

/** The version of the format of backups. */
export const FORMAT = 1;

/** The parts of an archive, in this order; those of session files are named `sessions/PATH`. */
export const HEADER = 'backup.json';
export const DATABASE = 'database.sqlite';
export const SESSIONS = 'sessions/';
export const KEYS = 'keys.json';
export const MANIFEST = 'manifest.json';

/** The first part: whose archive it is. A later format keeps these fields. */
export const headerSchema = z.object({ telegate_backup: z.int(), version: z.string() });

const count = z.int().min(0);
const keyId = z.string().regex(/^[0-9a-f]{16}$/);
const partSchema = z.object({ name: z.string(), size: count, sha256: z.string().regex(/^[0-9a-f]{64}$/) });

/** A part of an archive: its size in bytes, and its checksum. */
export type Part = Readonly<z.infer<typeof partSchema>>;

/** The last part: what the archive holds. An archive without it is cut off. */
export const manifestSchema = z.object({
  format: z.literal(FORMAT),
  /** Of the service. */
  version: z.string(),
  created_at: z.iso.datetime(),
  database: z.object({
    /** Where it was; in the archive it is always a SQLite file. */
    kind: z.enum(['sqlite', 'postgres']),
    /** The newest migration: its name and time. */
    schema: z.string(),
    migrated_at: z.int(),
    /** The number of rows of each table. */
    rows: z.record(z.string(), count),
    /** How many sessions were leased. */
    leased: count,
  }),
  /** Null: the machine had no session files. */
  session_files: count.nullable(),
  /** Session files that could not be read, and why; the first hundred. */
  unreadable: z.array(z.object({ path: z.string(), reason: z.string() })),
  encryption: z.object({
    /** The keys with which secrets are encrypted. */
    key_ids: z.array(keyId),
    /** Whether the archive holds them. */
    included: z.boolean(),
  }),
  parts: z.array(partSchema),
});

/** What an archive holds. */
export type Manifest = Readonly<z.infer<typeof manifestSchema>>;
