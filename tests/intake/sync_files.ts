import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Service } from '../service/service.js';
import { fixture, fixtures as root } from './session_files.js';

/** Every sample of a session file, by its path. */
export const samples: Readonly<Record<string, Buffer>> = Object.fromEntries(
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(root, path)).isFile() && !/^(manifest|strings)\.json$/.test(path))
    .map((path) => [path, readFileSync(join(root, path))]),
);

/** What the manifest says of a sample. */
interface ManifestEntry {
  readonly format: string;
  readonly usable?: boolean;
  readonly duplicate_of?: string;
}
export const manifest: Record<string, ManifestEntry> = JSON.parse(fixture('manifest.json').toString());

/** A session as the API lists it. */
export interface Listed {
  readonly id: number;
  readonly name: string;
  readonly session_file: string;
  readonly format: string;
  readonly status: string;
  readonly status_reason: string | null;
}

/** Every session by name. */
export async function listed(service: Service): Promise<Map<string, Listed>> {
  const { body } = await service.as('admin').get('/sessions?limit=1000').expect(200);
  return new Map(body.map((session: Listed) => [session.name, session]));
}

/** Syncs; the details of the answer. */
export async function sync(service: Service, query = ''): Promise<Record<string, unknown>> {
  return (await service.as('admin').post(`/sync${query}`).expect(200)).body.details;
}
