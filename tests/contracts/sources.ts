import type { Source, SourceSettings } from '../../src/sources/store.js';
import { type Stores, T0 } from './stores.js';

/** The input for a source: a public channel, and no session of its own. */
export function wantedSource(over: Partial<SourceSettings> = {}): SourceSettings {
  return {
    name: 'news',
    identifier: '@news',
    channelTitle: null,
    accessLevel: 'public',
    target: 'LOCAL',
    targetPath: null,
    sessionId: null,
    fileTypes: null,
    schedule: null,
    isActive: true,
    apiId: null,
    apiHash: null,
    botToken: null,
    ...over,
  };
}

/** Creates a source, which must succeed. */
export async function addSource({ sources }: Stores, over: Partial<SourceSettings> = {}): Promise<Source> {
  const outcome = await sources.create(wantedSource(over), null, T0);
  if (outcome.kind !== 'done') throw new Error(`no source: ${outcome.kind}`);
  return outcome.source;
}
