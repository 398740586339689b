/** What a worker program is told by its environment. */
export interface WorkerEnvironment {
  readonly TELEGATE_URL: string;
  readonly TELEGATE_API_KEY: string;
  /** Where the data centres are reached, on 127.0.0.1, number 1 first, separated by commas. */
  readonly DATA_CENTRE_PORTS: string;
  readonly LEASE_TTL: string;
}

/** The port for the data centre with this number. */
export function portOf({ DATA_CENTRE_PORTS }: WorkerEnvironment, dcId: number): number {
  return Number(DATA_CENTRE_PORTS.split(',')[dcId - 1]);
}
