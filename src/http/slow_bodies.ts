import type { Request, Response } from 'express';
import { BodyTooSlow } from '../errors.js';
import type { Timers } from '../timers.js';
import type { UploadedFile } from './route.js';

/** How often is looked at what came of a body, in seconds. */
const LOOK_SECONDS = 30;

/** What must have come in that time, in bytes, unless it is all. */
const LEAST_BYTES = 16 * 1024;

/**
 * Reads a body, unless it comes too slowly: its connection, which would be held for nothing, is then closed.
 * @throws BodyTooSlow, and what `read` throws.
 */
export async function readInTime(
  req: Request,
  res: Response,
  timers: Timers,
  read: () => Promise<UploadedFile | null>,
): Promise<UploadedFile | null> {
  let cancel: () => void = () => undefined;
  const tooSlow = new Promise<never>((_, reject) => {
    const wait = (seen: number) => {
      cancel = timers.after(LOOK_SECONDS * 1000, () => {
        const { bytesRead } = req.socket;
        // Where the service itself does not read on, nothing can come.
        const comes = bytesRead - seen >= LEAST_BYTES || req.readableLength >= req.readableHighWaterMark;
        if (req.complete || comes) wait(bytesRead);
        else reject(new BodyTooSlow(LEAST_BYTES, LOOK_SECONDS));
      });
    };
    wait(req.socket.bytesRead);
  });
  const reading = read();
  try {
    return await Promise.race([reading, tooSlow]);
  } catch (error) {
    if (error instanceof BodyTooSlow) {
      reading.then(
        (file) => file?.leave(),
        () => undefined,
      );
      res.setHeader('Connection', 'close');
      res.once('finish', () => req.destroy());
    }
    throw error;
  } finally {
    cancel();
  }
}
