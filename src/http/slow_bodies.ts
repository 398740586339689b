import type { Request, RequestHandler } from 'express';
import { BodyTooSlow } from '../errors.js';
import type { Timers } from '../timers.js';

/** How often is looked at what came of a body, in seconds. */
const LOOK_SECONDS = 30;

/** What must have come in that time, in bytes, unless it is all. */
const LEAST_BYTES = 16 * 1024;

/** Answers 408 to a request whose body comes too slowly, and closes its connection: it would be held for nothing. */
export function cutSlowBodies(timers: Timers): RequestHandler {
  return (req, res, next) => {
    if (!hasBody(req)) return next();
    let seen = req.socket.bytesRead;
    const look = () => {
      if (req.complete || res.headersSent) return;
      const came = req.socket.bytesRead - seen;
      seen += came;
      // Where the service itself does not read on, nothing can come.
      if (came >= LEAST_BYTES || req.readableLength >= req.readableHighWaterMark) return wait();
      res.setHeader('Connection', 'close');
      res.once('finish', () => req.destroy());
      next(new BodyTooSlow(LEAST_BYTES, LOOK_SECONDS));
    };
    let cancel: () => void = () => undefined;
    const wait = () => {
      cancel = timers.after(LOOK_SECONDS * 1000, look);
    };
    wait();
    for (const [stream, event] of [
      [req, 'end'],
      [res, 'close'],
    ] as const)
      stream.once(event, () => cancel());
    next();
  };
}

function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
