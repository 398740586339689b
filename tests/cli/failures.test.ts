import { describe, expect, it } from '@jest/globals';
import { failureOf } from '../../src/cli/failures.js';
import { Unreachable } from '../../src/cli/service.js';

/** What `fetch` throws, with what it wraps. */
const fetchFailed = (code: string) =>
  new TypeError('fetch failed', { cause: Object.assign(new Error(`words of ${code}`), { code }) });

describe('a service that does not answer', () => {
  it.each([
    ['waits', new DOMException('The operation was aborted due to timeout', 'TimeoutError')],
    ['waits for its headers', fetchFailed('UND_ERR_HEADERS_TIMEOUT')],
    ['waits for its body', fetchFailed('UND_ERR_BODY_TIMEOUT')],
  ])('for as long as a command %s may be at it still', (_, cause) => {
    expect(failureOf(new Unreachable('http://a', cause))).toMatchObject({
      ...{ exitCode: 7, code: 'unreachable', message: 'http://a does not answer: it takes too long.' },
      next: 'It may have been done, or may be under way still: look before you run this again.',
    });
  });

  it('at all is to be started', () => {
    expect(failureOf(new Unreachable('http://a', fetchFailed('ECONNREFUSED')))).toMatchObject({
      message: 'http://a does not answer: nothing listens there.',
      next: expect.stringContaining('telegate serve'),
    });
  });
});
