import type { Request, Response } from 'express';
import { BodyTooSlow } from '../errors.js';
import type { Timers } from '../timers.js';
import type { UploadedFile } from './route.js';

/** How often the progress of a body is checked, in seconds. */
const CHECK_INTERVAL_SECONDS = 30;

/** What must arrive in that time, in bytes, unless the body is complete. */
const MIN_BYTES = 16 * 1024;

/**
 * Reads a body. If it arrives too slowly, the request is refused and its connection closed.
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
      cancel = timers.after(CHECK_INTERVAL_SECONDS * 1000, () => {
        const { bytesRead } = req.socket;
        // While the service itself does not read on, nothing can arrive.
        const comes = bytesRead - seen >= MIN_BYTES || req.readableLength >= req.readableHighWaterMark;
        if (req.complete || comes) wait(bytesRead);
        else reject(new BodyTooSlow(MIN_BYTES, CHECK_INTERVAL_SECONDS));
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
