import { expect } from '@jest/globals';

/** What the documents print of a session, field by field and type by type. */
export const text: unknown = expect.any(String);
export const whole: unknown = expect.any(Number);
/** Such as `2025-10-30T10:00:00Z`. */
export const moment: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);

/** As scraper-backend-api.md prints a session that was saved. */
export function printedSession(session_name: string, phone_number: string) {
  return { id: whole, session_name, phone_number, created_at: moment };
}

/** `SessionResponse` of sessions-routes.md. */
export function sessionResponse(name: string, phone_number: string) {
  const times = { created_at: moment, updated_at: moment };
  return { id: whole, name, phone_number, api_id: whole, is_active: 'active', ...times };
}

/** `ChannelInfo`, as both documents print it; ids and hashes may be wider than a number. */
export interface ChannelInfo {
  readonly id: unknown;
  readonly username: unknown;
  readonly title: unknown;
  readonly participants_count: unknown;
  readonly is_broadcast: unknown;
  readonly is_megagroup: unknown;
  readonly is_private: unknown;
  readonly access_hash: unknown;
  readonly description: unknown;
}

/** Expects channels with every field that is printed, of its type, a public and a private one among them. */
export function expectChannels(body: unknown): void {
  const channels = body as readonly ChannelInfo[];
  expect(channels.length).toBeGreaterThan(1);
  for (const channel of channels) {
    const { username, is_private, participants_count, description } = channel;
    expect(channel).toMatchObject({ id: whole, title: text });
    expect(['number', 'bigint']).toContain(typeof channel.access_hash);
    for (const flag of [channel.is_broadcast, channel.is_megagroup, is_private])
      expect(typeof flag).toBe('boolean');
    expect(username === null).toBe(is_private);
    expect(username === null || typeof username === 'string').toBe(true);
    expect(participants_count === null || Number.isInteger(participants_count)).toBe(true);
    expect(description === null || typeof description === 'string').toBe(true);
  }
  expect(new Set(channels.map(({ is_private }) => is_private))).toEqual(new Set([true, false]));
}
