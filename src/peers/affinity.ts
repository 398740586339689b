/** The names among the channels that a session would have to resolve: an id can't be, its channel is found otherwise. */
export function toResolve(channels: readonly string[], isKnown: (channel: string) => boolean): string[] {
  return [...new Set(channels)].filter((channel) => channel.startsWith('@') && !isKnown(channel));
}
