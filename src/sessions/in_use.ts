import { Conflict } from '../errors.js';

/** Somebody has the session just now, or may still be connected by it. */
export function sessionInUse({ id, name }: { readonly id: number; readonly name: string }): Conflict {
  const message = `${name} is in use: ask again when it was released`;
  return new Conflict({ error: 'session_in_use', message, session_id: id, session_name: name });
}
