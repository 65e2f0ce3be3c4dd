/** `// lockstep-ignore <rule>: <reason>` on the line or the line above; one without a reason suppresses nothing. */
import type { Finding } from '../base/finding.ts';
import { positionAt } from '../base/text.ts';
import type { Suppression } from '../ir/unit.ts';

export interface Suppressed {
  readonly kept: readonly Finding[];
  /** What is wrong with the comments themselves: span in the file, and a message. */
  readonly wrong: readonly { readonly start: number; readonly end: number; readonly message: string }[];
}

export function suppress(
  findings: readonly Finding[],
  suppressions: readonly Suppression[],
  lines: readonly number[],
  knownRules: ReadonlySet<string>,
  isOff: (rule: string) => boolean,
): Suppressed {
  if (suppressions.length === 0) return { kept: findings, wrong: [] };
  const used = new Set<string>();
  const kept = findings.filter((finding) => {
    const { line } = positionAt(lines, finding.span.start);
    const by = suppressions.filter(
      (each) =>
        (each.line === line || each.line === line - 1) &&
        each.reason !== '' &&
        each.rules.includes(finding.rule),
    );
    for (const each of by) used.add(`${each.start}:${finding.rule}`);
    return by.length === 0;
  });
  const wrong: { start: number; end: number; message: string }[] = [];
  for (const { rules, reason, start, end } of suppressions) {
    const say = (message: string) => wrong.push({ start, end, message });
    if (rules.length === 0) say('This suppression names no rule; write `lockstep-ignore <rule>: <reason>`');
    else if (reason === '')
      say(`This suppression gives no reason, so it has no effect; write one after \`${rules.join(', ')}:\``);
    else {
      for (const rule of rules) {
        if (!knownRules.has(rule)) say(`There is no rule \`${rule}\`; look for its name in the finding`);
        else if (!used.has(`${start}:${rule}`) && !isOff(rule))
          say(`Nothing here breaks \`${rule}\` any more; remove this suppression`);
      }
    }
  }
  return { kept, wrong };
}
