interface Held {
  /** The key's name in leases and history. */
  readonly holder: string | null;
  readonly holder_name: string | null;
}

/** Who holds a session, or did something to it: the name of the key, or the service itself. */
export function holderName({ holder, holder_name }: Held): string | null {
  return holder_name ?? holder;
}
