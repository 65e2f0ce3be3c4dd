import { resolve } from 'node:path';
import { lineStarts } from '../base/text.ts';
import type { Engine } from '../engine.ts';
import { UsageError, type Io } from './io.ts';
import { Places, reportFinding, reportReason } from './report.ts';
import { printable, styleFor } from './style.ts';

/** `--why <file>:<line>`: what is reported on a line, and the named reasons why nothing else is. */
export function why(where: string, format: string, io: Io, engine: Engine): number {
  const match = /^(.+?):(\d+)(?::\d+)?$/.exec(where);
  if (match === null)
    throw new UsageError(`--why ${where}: write --why <file>:<line>, for example --why src/main.ts:12`);
  const [, name = '', lineWord = ''] = match;
  const file = resolve(io.cwd, name).replaceAll('\\', '/');
  const text = engine.text(file);
  if (text === null) throw new UsageError(`--why ${where}: ${name} is not a file that can be read`);
  const line = Number(lineWord);
  const lines = lineStarts(text).length;
  if (line < 1 || line > lines) throw new UsageError(`--why ${where}: ${name} has lines 1 to ${lines}`);

  const places = new Places((each) => engine.text(each), io.cwd);
  const findings = engine
    .findings(file)
    .map((finding) => reportFinding(finding, [], places))
    .filter(({ range }) => range.start.line <= line && line <= range.end.line);
  const reasons = engine.why(file, line - 1).map((reason) => reportReason(reason, places));

  if (format === 'json') {
    const found = findings.map(({ rule, severity, confidence, range, message }) => ({
      rule,
      severity,
      confidence,
      range,
      message,
    }));
    io.out(
      `${JSON.stringify({ version: 1, file: places.file(file), line, findings: found, reasons }, null, 2)}\n`,
    );
    return 0;
  }
  if (format !== 'pretty') throw new UsageError(`--why has no ${format} form: use --format pretty or json`);

  const style = styleFor(io);
  io.out(`${style.bold(`${places.file(file)}:${line}`)}\n`);
  for (const { rule, severity, message } of findings)
    io.out(`  reported  ${severity}[${rule}] ${printable(message)}\n`);
  for (const { name: reason, message, links } of reasons) {
    io.out(`  ${style.cyan(reason)}  ${printable(message)}\n`);
    for (const link of links)
      io.out(`      ${link.file}:${link.range.start.line}  ${printable(link.label)}\n`);
  }
  if (findings.length + reasons.length === 0)
    io.out('  nothing on this line is shared between agents or overlapping calls, as far as is seen\n');
  return 0;
}
