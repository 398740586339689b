/** A session that knows some of the channels that are asked for. */
export interface KnowingSession {
  readonly id: number;
  readonly known: number;
  readonly lastUsedAt: number;
}

/** The sessions in the order of preference: those that know most of the channels, the least recently used first. */
export function byAffinity<Session extends KnowingSession>(sessions: readonly Session[]): Session[] {
  return sessions.toSorted(
    (one, other) => other.known - one.known || one.lastUsedAt - other.lastUsedAt || one.id - other.id,
  );
}

/** The names among the channels that a session would have to resolve: an id can't be, its channel is found otherwise. */
export function toResolve(channels: readonly string[], isKnown: (channel: string) => boolean): string[] {
  return [...new Set(channels)].filter((channel) => channel.startsWith('@') && !isKnown(channel));
}
