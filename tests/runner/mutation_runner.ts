import { register } from 'node:module';
import { basename, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { jestExpect } from '@jest/expect';
import type { Circus } from '@jest/types';
import {
  INSTRUMENTER_CONSTANTS,
  type InstrumenterContext,
  type StrykerOptions,
} from '@stryker-mutator/api/core';
import { commonTokens, declareClassPlugin, PluginKind, tokens } from '@stryker-mutator/api/plugin';
import {
  type DryRunResult,
  DryRunStatus,
  determineHitLimitReached,
  type MutantRunOptions,
  type MutantRunResult,
  type TestResult,
  type TestRunner,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner';
import * as circus from 'jest-circus';
import { useFunctions } from './jest_functions.js';

/** What mutated code reads: which mutant is active; and what it writes: which ones each test reaches. */
const context: InstrumenterContext = {};

/** What a run of tests is meant to be. */
interface Wanted {
  readonly files: readonly string[];
  /** The ids of the tests to run; null: all. */
  readonly ids: ReadonlySet<string> | null;
  /** Whether the modules are loaded again, since the mutant is in what they do as they are loaded. */
  readonly reload: boolean;
  /** Null: none, what each test reaches is recorded. */
  readonly mutant: string | null;
}

/**
 * Runs tests of rules against mutants: Jest's framework and `expect`, without Jest around them, which would spend
 * seconds on each of thousands of mutants. A test's id names its file, so that only the files of the wanted tests run.
 */
class MutationRunner implements TestRunner {
  static readonly inject = tokens(commonTokens.options);
  readonly #files: readonly string[];
  readonly #unhandled: unknown[] = [];
  #runs = 0;

  constructor(options: StrykerOptions) {
    this.#files = options.ruleTests as readonly string[];
  }

  capabilities() {
    return { reloadEnvironment: true };
  }

  async init(): Promise<void> {
    Reflect.set(globalThis, INSTRUMENTER_CONSTANTS.NAMESPACE, context);
    register(new URL('./fresh_modules.js', import.meta.url));
    circus.addEventHandler((event) => {
      if (event.name === 'test_start') context.currentTestId = idOf(event.test);
      if (event.name === 'test_done') delete context.currentTestId;
    });
    for (const event of ['unhandledRejection', 'uncaughtException'])
      process.on(event, (error) => this.#unhandled.push(error));
    const { describe, it, test, beforeAll, beforeEach, afterAll, afterEach } = circus;
    useFunctions({ describe, it, test, beforeAll, beforeEach, afterAll, afterEach, expect: jestExpect });
  }

  async dryRun(): Promise<DryRunResult> {
    const result = await this.#run({ files: this.#files, ids: null, reload: false, mutant: null });
    const { mutantCoverage } = context;
    return result.status === DryRunStatus.Complete && mutantCoverage ? { ...result, mutantCoverage } : result;
  }

  async mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    const { activeMutant, testFilter, hitLimit, mutantActivation, disableBail, sandboxFileName } = options;
    const named = basename(sandboxFileName, '.js');
    const files = testFilter
      ? [...new Set(testFilter.map((id) => id.slice(0, id.indexOf(':'))))]
      : this.#files.toSorted((one, other) => Number(other.includes(named)) - Number(one.includes(named)));
    Object.assign(context, { hitLimit, hitCount: hitLimit === undefined ? undefined : 0 });
    const wanted = { ids: testFilter ? new Set(testFilter) : null, mutant: activeMutant.id };
    const result = await this.#run({ ...wanted, files, reload: mutantActivation === 'static' });
    return toMutantRunResult(determineHitLimitReached(context.hitCount, hitLimit) ?? result, disableBail);
  }

  /** Runs the files one after the other; against a mutant, until a test fails. */
  async #run(wanted: Wanted): Promise<DryRunResult> {
    const tests: TestResult[] = [];
    try {
      for (const file of wanted.files) {
        const found = await this.#runFile(file, wanted);
        tests.push(...found);
        if (wanted.mutant !== null && found.some(({ status }) => status === TestStatus.Failed)) break;
      }
      return { status: DryRunStatus.Complete, tests };
    } catch (error) {
      return { status: DryRunStatus.Error, errorMessage: String(error) };
    } finally {
      delete context.activeMutant;
    }
  }

  async #runFile(file: string, { ids, reload, mutant }: Wanted): Promise<TestResult[]> {
    this.#runs += 1;
    circus.resetState();
    const activate = () => mutant !== null && Object.assign(context, { activeMutant: mutant });
    if (reload) activate();
    currentFile = relative(process.cwd(), resolve(file));
    await import(`${pathToFileURL(resolve(file))}?${reload ? 'fresh' : 'run'}=${this.#runs}`);
    activate();
    const { rootDescribeBlock } = circus.getState();
    if (ids) skipOthers(rootDescribeBlock, ids);
    const { testResults, unhandledErrors } = await circus.run();
    const failures = [...unhandledErrors, ...this.#unhandled.splice(0).map(String)];
    const results = testResults.filter(({ status }) => status === 'done').map(resultOf);
    return failures.length === 0 ? results : results.map((result) => failed(result, failures));
  }
}

let currentFile = '';

function idOf(test: Circus.TestEntry): string {
  const names = [test.name];
  for (let block: Circus.DescribeBlock | undefined = test.parent; block?.parent; block = block.parent)
    names.unshift(block.name);
  return `${currentFile}: ${names.join(' ')}`;
}

function skipOthers(block: Circus.DescribeBlock, ids: ReadonlySet<string>): void {
  for (const child of block.children) {
    if (child.type === 'describeBlock') skipOthers(child, ids);
    else if (!ids.has(idOf(child))) child.mode = 'skip';
  }
}

function resultOf({ testPath: [, ...names], errors, duration }: Circus.TestResult): TestResult {
  const name = names.join(' ');
  const about = { id: `${currentFile}: ${name}`, name, fileName: resolve(currentFile) };
  const result = { ...about, timeSpentMs: duration ?? 0, status: TestStatus.Success } as const;
  return errors.length === 0 ? result : failed(result, errors);
}

function failed(result: TestResult, failures: readonly string[]): TestResult {
  const { id, name, timeSpentMs } = result;
  return { id, name, timeSpentMs, status: TestStatus.Failed, failureMessage: failures.join('\n') };
}

/** `ruleTests`: the compiled test files to run. Stryker's own `testFiles` would have it take static mutants for others. */
export const strykerValidationSchema = {
  properties: { ruleTests: { type: 'array', items: { type: 'string' } } },
};

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'rules', MutationRunner)];
