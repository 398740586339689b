import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import {
  answerInTime,
  registerGauge,
  registerGauges,
  registerLabelledGauge,
} from '../../src/kernel/scraped_gauge.js';

const valuesIn = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

describe('a gauge that is read on each scrape', () => {
  it('has the value of the moment, and none while it cannot be read, which keeps no other back', async () => {
    const registry = new Registry();
    let value: number | null = 3;
    registerGauge(registry, {
      name: 'one',
      help: 'One',
      read() {
        if (value === 0) throw new Error('away');
        return value;
      },
    });
    registerLabelledGauge(registry, {
      name: 'each',
      help: 'Each',
      label: 'what',
      read: async () => ({ a: value, b: 2 }),
    });
    expect(valuesIn(await registry.metrics())).toEqual(['one 3', 'each{what="a"} 3', 'each{what="b"} 2']);
    value = 0;
    expect(valuesIn(await registry.metrics())).toEqual(['each{what="a"} 0', 'each{what="b"} 2']);
    value = null;
    expect(valuesIn(await registry.metrics())).toEqual(['each{what="b"} 2']);
    value = 5;
    expect(valuesIn(await registry.metrics())).toEqual(['one 5', 'each{what="a"} 5', 'each{what="b"} 2']);
  });
});

describe('gauges of one thing', () => {
  it('read it once for all of them on each scrape', async () => {
    const registry = new Registry();
    let reads = 0;
    const read = async () => {
      reads += 1;
      if (reads === 2) throw new Error('away');
      return { total: reads, colours: { red: 1, blue: null } };
    };
    registerGauges(registry, answerInTime(read), [
      { name: 'total', help: 'Total', value: ({ total }) => total },
      { name: 'colours', help: 'Colours', label: 'colour', values: ({ colours }) => colours },
    ]);
    expect(valuesIn(await registry.metrics())).toEqual(['total 1', 'colours{colour="red"} 1']);
    expect(valuesIn(await registry.metrics())).toEqual([]);
    expect(valuesIn(await registry.metrics())).toEqual(['total 3', 'colours{colour="red"} 1']);
    expect(reads).toBe(3);
  });
});

describe('answerInTime', () => {
  it('gives up what takes too long, and does not begin it again until it has ended', async () => {
    let begun = 0;
    let end = (_value: number): void => undefined;
    const read = answerInTime(() => {
      begun += 1;
      return new Promise<number>((resolve) => {
        end = resolve;
      });
    }, 1);
    expect(await read()).toBeNull();
    expect(await read()).toBeNull();
    expect(begun).toBe(1);
    const late = read();
    end(7);
    expect(await late).toBe(7);
    expect(await read()).toBeNull();
    expect(begun).toBe(2);
  });
});
