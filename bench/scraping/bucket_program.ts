import { S3Server } from '../../sandbox/s3/server.js';

/** An S3 server with one bucket, kept below TMPDIR: prints its address, then serves. */
const server = await S3Server.start('bucket');
process.stdout.write(`${JSON.stringify(server.config('bucket'))}\n`);
