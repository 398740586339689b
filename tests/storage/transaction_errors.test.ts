import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { BadRequest, DatabaseDamaged, Unavailable } from '../../src/kernel/errors.js';
import {
  commitOutcomeUnknown,
  isConnectionLost,
  OUTAGE_DELAYS_MS,
  OutcomeUnknown,
  retryDelays,
  toldError,
} from '../../src/storage/postgres/transaction_errors.js';

/** What the server answered, by its SQLSTATE. */
function answered(code: string): Error {
  return Object.assign(new pg.DatabaseError('answered', 8, 'error'), { code });
}

/** What the network, or the client library, failed with. */
function failed(message: string, code?: string): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

const NOT_QUERYABLE = 'Client has encountered a connection error and is not queryable';
const NETWORK_CODES = [
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'],
  ...['ENOTFOUND', 'EAI_AGAIN'],
];

/** Errors that a connection does not survive. */
const LOSSES: readonly (readonly [string, Error])[] = [
  ...NETWORK_CODES.map((code) => [code, failed('read', code)] as const),
  ...[
    ...['Connection terminated', 'Connection terminated unexpectedly'],
    ...['Connection terminated due to connection timeout', NOT_QUERYABLE, 'timeout expired'],
    ...['timeout exceeded when trying to connect', 'Client was closed and is not queryable'],
    ...['Cannot use a pool after calling end on the pool', 'Query read timeout'],
  ].map((message) => [message, failed(message)] as const),
  ...['08006', '57P01', '57P03', '58030'].map((code) => [code, answered(code)] as const),
];

/** Faults of the server that it answers with after it has undone the transaction. */
const UNDONE = ['53100', '53300', '57014', '55P03', '25006', '25P03', '53008'].map(
  (code) => [code, answered(code)] as const,
);

/** Errors that are the request's own. */
const FAULTS_OF_THE_REQUEST: readonly (readonly [string, unknown])[] = [
  ...['23505', '22P05', '42P01', 'X08006', '080061', '0800', 'X25006', '250061', '53', 'XX000'].map(
    (code) => [code, answered(code)] as const,
  ),
  ...[
    ...['The Connection terminated', `A ${NOT_QUERYABLE.replace('is not', 'was')}`, 'A timeout expired'],
    ...['A timeout exceeded when trying to connect', 'That Client was closed', 'A Query read timeout'],
    ...['', 'other'],
  ].map((message) => [`"${message}"`, failed(message)] as const),
  ['what is no error', 'Connection terminated'],
  ['nothing', undefined],
];

describe('a connection', () => {
  it.each([...LOSSES, ...UNDONE])('is lost with %s', (_what, error) => {
    expect(isConnectionLost(error)).toBe(true);
  });

  it.each([...FAULTS_OF_THE_REQUEST, ['40001', answered('40001')], ['40P01', answered('40P01')]])(
    'survives %s',
    (_what, error) => {
      expect(isConnectionLost(error)).toBe(false);
    },
  );

  it('is lost for what caused an error, or is one of several causes', () => {
    const cause = failed('read', 'ECONNRESET');
    expect(isConnectionLost(new Error('failed', { cause }))).toBe(true);
    expect(isConnectionLost(new AggregateError([new Error('other'), cause]))).toBe(true);
    expect(isConnectionLost(new Error('failed', { cause: new AggregateError([cause]) }))).toBe(true);
    expect(isConnectionLost(new AggregateError([{ code: 'ECONNRESET' }]))).toBe(false);
    expect(isConnectionLost(Object.assign(new Error('x'), { errors: 'ECONNRESET' }))).toBe(false);
  });

  it('is lost for one of eight causes in a row, and no search for them goes on for ever', () => {
    const caused = (depth: number): Error =>
      depth === 1 ? failed('read', 'EPIPE') : new Error('failed', { cause: caused(depth - 1) });
    expect(isConnectionLost(caused(8))).toBe(true);
    expect(isConnectionLost(caused(9))).toBe(false);
    const circular = new Error('failed');
    circular.cause = circular;
    expect(isConnectionLost(circular)).toBe(false);
  });
});

describe('the outcome of a commit', () => {
  const isUnknown = (error: unknown) => commitOutcomeUnknown(error) instanceof OutcomeUnknown;

  it.each(LOSSES.filter(([, { message }]) => !message.endsWith('is not queryable')))(
    'is unknown after %s',
    (_what, error) => {
      expect(commitOutcomeUnknown(error)).toMatchObject({
        ...{ name: 'OutcomeUnknown', status: 503, code: 'storage_unavailable', retryAfterSeconds: 5 },
        ...{ message: 'the connection to the database was lost: the operation may have been done' },
        cause: error,
      });
    },
  );

  it.each([...UNDONE, ...FAULTS_OF_THE_REQUEST, ['40001', answered('40001')]])(
    'is known after %s, with which the server undid it',
    (_what, error) => {
      expect(commitOutcomeUnknown(error)).toBe(error);
    },
  );

  it.each([NOT_QUERYABLE, 'Client was closed and is not queryable'])(
    'is known where it was never sent (%s)',
    (message) => {
      expect(isUnknown(failed(message))).toBe(false);
      expect(isUnknown(failed(`${message} now`))).toBe(true);
    },
  );

  it('is known only by what the server itself answered', () => {
    expect(isUnknown(failed('not the server', '57014'))).toBe(true);
    expect(isUnknown(new Error('failed', { cause: answered('57014') }))).toBe(false);
    expect(isUnknown(new Error('failed', { cause: answered('57P01') }))).toBe(true);
  });
});

describe('the caller of a transaction', () => {
  it.each([...LOSSES, ...UNDONE, ['40001', answered('40001')]])(
    'is told after %s that the database is unavailable',
    (_what, error) => {
      const told = toldError(error);
      expect(told).toBeInstanceOf(Unavailable);
      expect(told).not.toBeInstanceOf(OutcomeUnknown);
      expect(told).toMatchObject({
        ...{ code: 'storage_unavailable', retryAfterSeconds: 5, cause: error },
        message: 'the database cannot be written at the moment',
      });
    },
  );

  it.each([
    ...FAULTS_OF_THE_REQUEST,
    ['an outcome that is unknown', new OutcomeUnknown(failed('read', 'ECONNRESET'))],
    ['a damaged database', Object.assign(new DatabaseDamaged(), { cause: answered('58030') })],
    ['an error of its own', new BadRequest('no', { code: 'refused' })],
  ])('is told %s as it is', (_what, error) => {
    expect(toldError(error)).toBe(error);
  });
});

describe('a transaction that failed', () => {
  /** The delays after so many failures with this error. */
  const delays = (error: unknown, count: number, random = 1, outageDelaysMs = OUTAGE_DELAYS_MS) => {
    const delayAfter = retryDelays(outageDelaysMs, () => random);
    return Array.from({ length: count }, () => delayAfter(error));
  };

  it.each(['40001', '40P01'])('because of another one (%s) is tried again, at random moments', (code) => {
    expect(delays(answered(code), 6)).toEqual([4, 8, 16, 32, 64, null]);
    expect(delays(answered(code), 6, 0)).toEqual([0, 0, 0, 0, 0, null]);
    expect(delays(new Error('failed', { cause: answered(code) }), 1, 0.5)).toEqual([2]);
  });

  it.each([
    ...NETWORK_CODES.map((code) => [code, failed('read', code)] as const),
    ...['08000', '08006', '57P01', '57P02', '57P03', '53300', '25006'].map(
      (code) => [code, answered(code)] as const,
    ),
    ...['Connection terminated', 'Connection terminated unexpectedly', NOT_QUERYABLE].map(
      (message) => [message, failed(message)] as const,
    ),
  ])('since the server was away (%s) is tried again for two seconds', (_what, error) => {
    expect(delays(error, 7)).toEqual([25, 75, 150, 300, 450, 1_000, null]);
    expect(delays(error, 1, 0)).toEqual([12.5]);
    expect(delays(error, 2, 1, [7])).toEqual([7, null]);
  });

  it.each([
    ...FAULTS_OF_THE_REQUEST,
    ...['53100', '57014', '57P04', '55P03', '25P03', '58030', 'X57P01', '57P011', '533001'].map(
      (code) => [code, answered(code)] as const,
    ),
    ...[
      ...['Connection terminated due to connection timeout', 'timeout expired', 'Query read timeout'],
      ...['timeout exceeded when trying to connect', `${NOT_QUERYABLE} now`],
      ...['Cannot use a pool after calling end on the pool'],
    ].map((message) => [message, failed(message)] as const),
    ['an outcome that is unknown', new OutcomeUnknown(failed('read', 'ECONNRESET'))],
    ['an outcome that is unknown', new OutcomeUnknown(answered('40001'))],
  ])('with %s is not tried again', (_what, error) => {
    expect(delays(error, 1)).toEqual([null]);
  });

  it('has one budget for others that abort it, and another for a server that is away', () => {
    const delayAfter = retryDelays([7], () => 1);
    const errors = [answered('40001'), answered('57P01'), answered('40001'), answered('57P01')];
    expect(errors.map(delayAfter)).toEqual([4, 7, 8, null]);
  });
});
