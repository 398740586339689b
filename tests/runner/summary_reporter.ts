import type { AggregatedResult, Reporter, Test, TestResult } from '@jest/reporters';

/** Ends a run with one plain line that any program can read: how many tests passed, failed, were skipped. */
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
