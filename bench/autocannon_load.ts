import autocannon from 'autocannon';
import { API_KEY, readLease } from './client.js';

/**
 * Leases and releases, as `lease_cycle.lua` does for wrk. Arguments: port, connections, seconds, and the path to lease
 * at; prints the result as JSON.
 */
async function main(): Promise<void> {
  const [port = '', connections = '', seconds = '', lease = ''] = process.argv.slice(2);
  const held: string[] = [];
  const result = await autocannon({
    url: `http://127.0.0.1:${port}`,
    connections: Number(connections),
    duration: Number(seconds),
    headers: { 'X-API-Key': API_KEY },
    requests: [
      {
        setupRequest(request) {
          const path = held.pop();
          return { ...request, method: path ? 'POST' : 'GET', path: path ?? lease };
        },
        onResponse(status, body) {
          if (status !== 200 || !body.includes('"lease_id"')) return;
          const { session_id, lease_id } = readLease(body);
          held.push(`/release?session_id=${session_id}&lease_id=${lease_id}`);
        },
      },
    ],
  });
  const failed = result.errors + result.timeouts + result.non2xx;
  const { p50, p99 } = result.latency;
  const requests = result.requests.total;
  process.stdout.write(`${JSON.stringify({ requests, seconds: result.duration, failed, p50, p99 })}\n`);
}

await main();
