import type { CheckReport } from './report.ts';

/** One object, as contract.md publishes it; the same input gives the same bytes, `durationMs` and `stats` aside. */
export function printJson(report: CheckReport, fixesAsked: 'no-fixes' | 'fixed' | 'would-fix'): string {
  const { files, durationMs, findings, errors, fixed, stats } = report;
  return `${JSON.stringify(
    {
      version: 1,
      files,
      durationMs,
      findings: findings.map((finding) => ({
        rule: finding.rule,
        category: finding.category,
        severity: finding.severity,
        confidence: finding.confidence,
        file: finding.file,
        range: finding.range,
        message: finding.message,
        related: finding.related,
        schedule: finding.schedule,
        fixes: finding.fixes,
        lesson: finding.lesson,
        docs: finding.docs,
      })),
      errors,
      ...(fixesAsked === 'fixed' ? { fixed } : {}),
      ...(fixesAsked === 'would-fix' ? { wouldFix: fixed } : {}),
      ...(stats === undefined ? {} : { stats }),
    },
    null,
    2,
  )}\n`;
}
