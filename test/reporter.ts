import { DefaultReporter } from 'vitest/node';

type Modules = Parameters<NonNullable<DefaultReporter['onTestRunEnd']>>[0];
type Rest = [
  Parameters<NonNullable<DefaultReporter['onTestRunEnd']>>[1],
  Parameters<NonNullable<DefaultReporter['onTestRunEnd']>>[2],
];

/** vitest's own report, then the slowest ten and one closing line; under CI a skipped test is a failure. */
// biome-ignore lint/style/noDefaultExport: vitest loads a reporter by its default export
export default class Reporter extends DefaultReporter {
  override onTestRunEnd(modules: Modules, ...rest: Rest): void {
    super.onTestRunEnd(modules, ...rest);
    const tests = [...modules].flatMap((module) => [...module.children.allTests()]);
    const slowest = tests
      .map((test) => ({
        name: `${test.module.relativeModuleId}: ${test.fullName}`,
        ms: test.diagnostic()?.duration ?? 0,
      }))
      .sort((a, b) => b.ms - a.ms)
      .slice(0, 10);
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;
    const failedModules = [...modules].filter(
      (module) => module.state() === 'failed' && count('failed') === 0,
    ).length;
    const failed = count('failed') + failedModules;
    const lines = slowest.map(
      ({ name, ms }) => `  ${(ms / 1000).toFixed(1).padStart(6)} s  ${name}`,
    );
    console.log(
      `\nSlowest ten\n${lines.join('\n')}\n\n${count('passed')} passed, ${failed} failed, ${count('skipped')} skipped`,
    );
    if (process.env.CI === 'true' && count('skipped') > 0) {
      console.log('Under CI nothing may be skipped.');
      process.exitCode = 1;
    }
  }
}
