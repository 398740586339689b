import { digest } from '../digests.js';
import { storable } from '../storable_text.js';
import type { Checkpoint, RunProgress, ScrapedFile, StoredBatch } from './store.js';

/** How far a source is of which nothing is stored. */
export const NOTHING_STORED: Checkpoint = { lastMessageId: 0, monthPath: null, monthBytes: 0 };

const NOTHING_ADDED: RunProgress = {
  messagesRead: 0,
  messagesStored: 0,
  filesFound: 0,
  filesDone: 0,
  filesSkipped: 0,
  bytesDone: 0,
};

/** A file as it is kept. */
export type KeptFile = Omit<ScrapedFile, 'sha256'> & { readonly sha256: Buffer | null };

/** @throws Error when the batch would take the source back, or has two files of one message. */
export function checkBatch(kept: Checkpoint, { checkpoint, files }: StoredBatch): void {
  const { lastMessageId } = checkpoint;
  if (lastMessageId < kept.lastMessageId) {
    throw new Error(`a checkpoint moves forward only: ${lastMessageId} is before ${kept.lastMessageId}`);
  }
  if (new Set(files.map(({ messageId }) => messageId)).size < files.length) {
    throw new Error('a message has one file at the most');
  }
}

/**
 * What the batch adds. A caller that does not know whether a batch was stored stores it again; messages that
 * bring the checkpoint no further are such a repetition, and count once.
 */
export function addedBy(kept: Checkpoint, { checkpoint, progress }: StoredBatch): RunProgress {
  const { messagesRead = 0, messagesStored = 0, filesFound = 0 } = progress;
  const { filesDone = 0, filesSkipped = 0, bytesDone = 0 } = progress;
  const repeated = messagesRead > 0 && checkpoint.lastMessageId === kept.lastMessageId;
  if (repeated) return NOTHING_ADDED;
  return { messagesRead, messagesStored, filesFound, filesDone, filesSkipped, bytesDone };
}

/** The progress of a run to which `added` comes. */
export function progressed(run: RunProgress, added: RunProgress): RunProgress {
  return {
    messagesRead: run.messagesRead + added.messagesRead,
    messagesStored: run.messagesStored + added.messagesStored,
    filesFound: run.filesFound + added.filesFound,
    filesDone: run.filesDone + added.filesDone,
    filesSkipped: run.filesSkipped + added.filesSkipped,
    bytesDone: run.bytesDone + added.bytesDone,
  };
}

/** A file as it is to be kept. */
export function keptFile(file: ScrapedFile): KeptFile {
  const { messageId, path, sizeBytes, state, reason } = file;
  const texts = { name: storable(file.name), mimeType: storable(file.mimeType) };
  const told = reason === null ? null : storable(reason);
  return { messageId, path, sizeBytes, state, ...texts, reason: told, sha256: digest(file.sha256) };
}

/** A file as it leaves the storage. */
export function scrapedFile(row: KeptFile): ScrapedFile {
  const { messageId, path, name, mimeType, sizeBytes, sha256, state, reason } = row;
  return {
    ...{ messageId, path, name, mimeType, sizeBytes },
    sha256: sha256?.toString('hex') ?? null,
    state,
    reason,
  };
}
