import { createHash } from 'node:crypto';
import type { ConnectionLog, ConnectionRecord } from '../connection_log.js';
import { digits } from '../faults.js';
import type { ResolveLimit } from '../resolve_limit.js';
import { fileBytes, fileSize, type StoredFile } from '../world/files.js';
import type { World } from '../world/world.js';

/** The log, all or one phone's, with the pairs that used one key at once. */
export function serializeConnections(log: ConnectionLog, phone: string | null) {
  const isWanted = (record: { phone: string | null }): boolean =>
    phone === null || record.phone === digits(phone);
  return {
    dropped: log.dropped,
    connections: log.list().filter(isWanted).map(serializeConnection),
    overlaps: log
      .overlaps()
      .filter(isWanted)
      .map((overlap) => ({
        ...{ key_id: overlap.keyId, phone: overlap.phone },
        connections: overlap.connections.map(serializeConnection),
      })),
  };
}

/** Telegram's limit of usernames found, and the calls that it counts. */
export function serializeResolves(resolves: ResolveLimit) {
  const { setting } = resolves;
  return {
    ...{ per_day: setting?.perDay ?? null, wait_seconds: setting?.waitSeconds ?? null },
    resolves: resolves.list().map(({ phone, username, at, isFlooded }) => ({
      ...{ phone: `+${phone}`, username, at: time(at), flooded: isFlooded },
    })),
  };
}

/** The bots, and how each is logged in. */
export function serializeBots({ bots }: World) {
  return bots.map(({ id, dcId, seed, token }) => ({
    ...{ id: id.toString(), username: seed.username ?? null, dc: dcId, token },
  }));
}

/** The channels, with ids as text, which some JSON parsers need. */
export function serializeChannels(world: World) {
  return world.channels.map(({ id, title, username, dcId, feed, seed }) => ({
    ...{ id: id.toString(), title, username, kind: seed.kind, dc: dcId, about: seed.about },
    ...{ participants: seed.participants, messages: feed.count, last_id: feed.lastId },
    members: seed.members,
  }));
}

/** A file's size and SHA-256. Throws RangeError where there is none. */
export function fileChecksum(world: World, id: string) {
  const found = /^\d{1,19}$/.test(id) ? world.file(BigInt(id)) : null;
  if (found === null) throw new RangeError('no such file');
  const { file, channel, post } = found;
  return {
    ...{ id, dc: file.dcId, name: file.name, mime_type: file.type.mimeType, size: file.size },
    ...{ sha256: sha256Of(file), channel_id: channel.id.toString(), message_id: post.id },
  };
}

const PIECE = 2 ** 20;

function sha256Of(file: StoredFile): string {
  const hash = createHash('sha256');
  for (let offset = 0; offset < fileSize(file); offset += PIECE) {
    hash.update(fileBytes(file, { offset, length: PIECE }));
  }
  return hash.digest('hex');
}

function serializeConnection(record: ConnectionRecord) {
  return {
    ...{ id: record.id, dc: record.dc, key_id: record.keyId, phone: record.phone },
    ...{ opened_at: time(record.openedAt), closed_at: time(record.closedAt) },
    ...{ requests: record.requests, media_requests: record.mediaRequests },
    ...{ client_port: record.clientPort, last_message_at: time(record.lastMessageAt) },
    ...{ first_message_order: record.firstMessageOrder, last_message_order: record.lastMessageOrder },
    closed_order: record.closedOrder,
  };
}

function time(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
