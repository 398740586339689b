import { describe, expect, it } from '@jest/globals';
import { parameterSchema, parseParameters } from '../../src/prefect/parameters.js';

describe('the parameters of a flow run', () => {
  it('may all be left out, be empty, or name the source', () => {
    const form = { limit: null, since: null, fileTypes: null };
    for (const given of [
      {},
      { source_id: 42 },
      { source_id: 42, limit: null, since: null, file_types: null },
    ]) {
      expect(parseParameters(given, 42)).toEqual({ kind: 'valid', form });
    }
  });

  it('limit the run', () => {
    const given = {
      source_id: 42,
      limit: 500,
      since: '2026-01-31T12:00:00+01:00',
      file_types: ['.PDF', 'zip', 'pdf'],
    };
    expect(parseParameters(given, 42)).toEqual({
      kind: 'valid',
      form: { limit: 500, since: Date.UTC(2026, 0, 31, 11), fileTypes: ['pdf', 'zip'] },
    });
    expect(parseParameters({ file_types: [] }, 42)).toMatchObject({ form: { fileTypes: [] } });
  });

  it.each([
    ['2026-01-31', Date.UTC(2026, 0, 31)],
    ['2026-01-31T06:30', Date.UTC(2026, 0, 31, 6, 30)],
    ['2026-01-31 06:30:15.5', Date.UTC(2026, 0, 31, 6, 30, 15, 500)],
    ['2026-01-31T06:30:15Z', Date.UTC(2026, 0, 31, 6, 30, 15)],
  ])('take %s as a time, in UTC where it has no zone', (since, at) => {
    expect(parseParameters({ since }, 42)).toMatchObject({ form: { since: at } });
  });

  it.each([
    [{ source_id: 43 }, "source_id: expected 42, as the deployment is that source's, not 43"],
    [{ source_id: '42' }, 'source_id: expected 42, as the deployment is that source\'s, not "42"'],
    [{ limit: 'abc' }, 'limit: expected a whole number of at least 1, not "abc"'],
    [{ limit: 0 }, 'limit: expected a whole number of at least 1, not 0'],
    [{ limit: 1.5 }, 'limit: expected a whole number of at least 1, not 1.5'],
    [{ since: 'yesterday' }, 'since: expected a date and time such as 2026-01-31T00:00:00Z, not "yesterday"'],
    [
      { since: '2026-13-01' },
      'since: expected a date and time such as 2026-01-31T00:00:00Z, not "2026-13-01"',
    ],
    [{ since: 5 }, 'since: expected a date and time such as 2026-01-31T00:00:00Z, not 5'],
    [{ file_types: 'pdf' }, 'file_types: expected a list of extensions, not "pdf"'],
    [{ file_types: ['a b'] }, 'file_types: expected extensions such as pdf or .zip'],
    [{ colour: 'red' }, 'colour: expected one of source_id, limit, since, file_types'],
    [
      { limit: { __prefect_kind: 'jinja', template: '{{ 5 }}' } },
      'limit: expected a plain value, not one that Prefect computes (__prefect_kind)',
    ],
    [[], 'parameters: expected an object, not []'],
    ['x', 'parameters: expected an object, not "x"'],
  ])('such as %j are refused in one sentence', (given, error) => {
    expect(parseParameters(given, 42)).toEqual({ kind: 'invalid', error });
  });

  it('are a form in Prefect, in which the source is fixed', () => {
    expect(parameterSchema(42)).toMatchObject({
      properties: { source_id: { enum: [42], default: 42 }, limit: { type: 'integer', minimum: 1 } },
      additionalProperties: false,
    });
  });
});
