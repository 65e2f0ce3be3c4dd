import { didYouMean } from './args.ts';
import { UsageError, type Io } from './io.ts';
import type { RulePages } from './pages.ts';
import { styleFor, type Style } from './style.ts';

/** `--explain <rule>`: the rule's page. */
export function explain(rule: string, format: string, io: Io, pages: RulePages): number {
  const page = pages.page(rule);
  if (page === null) {
    const known = pages.ids();
    throw new UsageError(
      `--explain ${rule}: there is no such rule${didYouMean(rule, known) || `; the rules are ${known.join(', ')}`}`,
    );
  }
  const { title, summary, markdown } = page;
  if (format === 'json')
    io.out(`${JSON.stringify({ version: 1, rule, title, summary, markdown }, null, 2)}\n`);
  else if (format === 'pretty') io.out(`${renderMarkdown(markdown.trimEnd(), styleFor(io))}\n`);
  else throw new UsageError(`--explain has no ${format} form: use --format pretty or json`);
  return 0;
}

/** Headings stand out and code is set off; everything else is readable as it is. */
function renderMarkdown(markdown: string, style: Style): string {
  let inCode = false;
  return markdown
    .split('\n')
    .map((line) => {
      if (line.startsWith('```')) {
        inCode = !inCode;
        return style.dim(line);
      }
      if (inCode) return `  ${line}`;
      if (line.startsWith('#')) return style.bold(line);
      return line.replaceAll(/`[^`]+`/g, (code) => style.cyan(code));
    })
    .join('\n');
}
