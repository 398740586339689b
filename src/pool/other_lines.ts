/** One who waits here, as the other replicas are told of it. */
export interface Waiting {
  /** Whoever has the same is served, or not, by the same sessions. */
  readonly wants: string;
  /** Milliseconds on the clock that all replicas share. */
  readonly arrivedAt: number;
}

/** Those who wait for a session at other replicas. */
export interface OtherLines {
  /** How many wait elsewhere. */
  readonly length: number;
  /** How many of them want the same and came before `arrivedAt`; of a long line, only its head is counted. */
  ahead(wants: string, arrivedAt: number): number;
  /** Tells the others who waits here, first come first, as `places` gives it when there is time to tell. */
  announce(places: () => readonly Waiting[]): void;
  /** So many left a line elsewhere, most likely with a session: others may be the first now. */
  onLeft(listener: (count: number) => void): void;
  /** Forgets the lines of replicas that are not there any more; whether there was one. */
  forgetLost(): Promise<boolean>;
}

/** Nobody waits elsewhere: there is one process. */
export const NO_OTHER_LINES: OtherLines = {
  length: 0,
  ahead: () => 0,
  announce: () => undefined,
  onLeft: () => undefined,
  forgetLost: async () => false,
};
