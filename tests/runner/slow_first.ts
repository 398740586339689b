import { createRequire } from 'node:module';

interface Test {
  readonly path: string;
  /** Milliseconds that it took the last time; undefined: unknown. */
  readonly duration?: number;
}

interface Sequencer {
  sort(tests: readonly Test[]): Test[] | Promise<Test[]>;
}

// Its types lack its default export.
const module: { default: new (options: object) => Sequencer } = createRequire(import.meta.url)(
  '@jest/test-sequencer',
);

/** What takes longest. Many of these files are short, and Jest runs short files last where no earlier run is known. */
const SLOW =
  /\/(console|operations|journeys|cluster|clients|documentation|reference|scraping|cli|prefect)\/|\/storage\/postgres_|\/sessions\/(dead|many)_/;

/** Begins with the slowest files, so that no worker ends long before the other. */
export default class SlowFirst extends module.default {
  override async sort(tests: readonly Test[]): Promise<Test[]> {
    const sorted = await super.sort(tests);
    if (sorted.some(({ duration }) => duration !== undefined)) return sorted;
    const isSlow = ({ path }: Test) => SLOW.test(path);
    return [...sorted.filter(isSlow), ...sorted.filter((test) => !isSlow(test))];
  }
}
