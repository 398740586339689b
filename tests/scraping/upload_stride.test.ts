import { describe, expect, it } from '@jest/globals';
import { isUploadDue } from '../../src/scraping/sinks/upload_stride.js';

describe('the next upload of a month', () => {
  it.each([
    [0, 1_000],
    [50, 1_000],
    [2_000, 20_000],
    [60_000, 300_000],
  ])('after one that took %i ms is due %i ms later', (tookMs, dueMs) => {
    expect(isUploadDue(dueMs - 1, tookMs)).toBe(false);
    expect(isUploadDue(dueMs, tookMs)).toBe(true);
  });
});
