import { S3Server } from '../../sandbox/s3/server.js';

/** An S3 server with one bucket, kept below TMPDIR: says how it is reached, and serves. */
const server = await S3Server.start('bucket');
process.stdout.write(`${JSON.stringify(server.config('bucket'))}\n`);
