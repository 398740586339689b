import type { AggregatedResult, Reporter, Test, TestResult } from '@jest/reporters';

/** Ends a run with one machine-readable line: how many tests passed, failed and were skipped. */
export default class SummaryReporter implements Pick<Reporter, 'onRunComplete' | 'onTestResult'> {
  onTestResult(_test: Test, _result: TestResult): void {}

  onRunComplete(_contexts: unknown, results: AggregatedResult): void {
    const {
      numPassedTests: passed,
      numFailedTests,
      numPendingTests: skipped,
      numRuntimeErrorTestSuites,
    } = results;
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  }
}
