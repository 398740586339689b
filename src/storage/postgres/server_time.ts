import { connectForCommand, disconnect } from './connect.js';

/** The server's time in milliseconds: the clock of its services. @throws DatabaseRefused if it can't be reached. */
export async function readServerTime(url: string): Promise<number> {
  const { client } = await connectForCommand(url);
  try {
    const { rows } = await client.query<{ now: string }>(
      'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::text AS now',
    );
    return Number(rows[0]?.now);
  } finally {
    await disconnect(client);
  }
}
