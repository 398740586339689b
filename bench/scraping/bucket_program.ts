import { everyTenthWrite, FaultyProxy } from '../../sandbox/s3/faulty_proxy.js';
import { S3Server } from '../../sandbox/s3/server.js';

/** An S3 server, and a proxy before it that spoils every tenth write: says how each is reached, and serves. */
const server = await S3Server.start('bucket');
const proxy = await FaultyProxy.start(server.port);
proxy.spoil = everyTenthWrite(503, 'lost', 500, 'unanswered');
process.stdout.write(`${JSON.stringify({ direct: server.config('bucket'), faulty: proxy.port })}\n`);
process.on('SIGTERM', async () => {
  process.stdout.write(`${JSON.stringify({ spoilt: proxy.spoilt })}\n`);
  await proxy.close();
  await server.close();
  process.exit(0);
});
