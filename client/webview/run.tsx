/** One program of the lesson: a button, and what happened over all its trials. */
import type { Block, PanelStrings, RunEvent } from '../../server/src/learn/protocol.ts';
import { histogram, thousands, type Row } from './histogram.ts';
import { post } from './host.ts';
import { fill } from './text.ts';

export interface RunState {
  readonly running: boolean;
  readonly counts: Readonly<Record<string, number>>;
  readonly lines: readonly string[];
  readonly end: (RunEvent & { type: 'end' }) | null;
}

export function RunBlock({
  block,
  run,
  strings,
}: {
  readonly block: Block & { kind: 'run' };
  readonly run: RunState | null;
  readonly strings: PanelStrings;
}) {
  const running = run?.running === true;
  const rows = run === null ? [] : histogram(run.counts, block.claims);
  const trials = rows.reduce((sum, row) => sum + row.times, 0);
  const title = fill(strings.runs, block.file);
  return (
    <section class="run" aria-label={title}>
      <div class="controls">
        <button
          type="button"
          aria-label={`${running ? strings.stop : run === null ? strings.run : strings.runAgain}: ${block.file}`}
          onClick={() => post(running ? { type: 'stop' } : { type: 'run', file: block.file })}
        >
          {running ? strings.stop : run === null ? strings.run : strings.runAgain}
        </button>
        <span class="file">{block.file}</span>
        {running ? <span class="busy" aria-hidden="true" /> : null}
        <span class="quiet" role="status">
          {run === null ? '' : running ? strings.running : summary(run, rows, trials, strings)}
        </span>
      </div>
      {rows.length === 0 ? null : <Outcomes rows={rows} strings={strings} file={block.file} />}
      {run?.end?.reason === 'done' &&
      block.claims.some((claim) => claim.kind === 'harm') &&
      trials > 0 &&
      rows.every((row) => row.kind === 'fine') ? (
        <p class="note">{strings.nothingWrong}</p>
      ) : null}
      {run === null || run.lines.length === 0 ? null : (
        <pre class="code output" tabIndex={0} role="region" aria-label={`${strings.output}: ${block.file}`}>
          {run.lines.join('\n')}
        </pre>
      )}
    </section>
  );
}

function Outcomes({
  rows,
  strings,
  file,
}: {
  readonly rows: readonly Row[];
  readonly strings: PanelStrings;
  readonly file: string;
}) {
  const most = Math.max(...rows.map((row) => row.times));
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={`${strings.results}: ${file}`}>
      <table class="outcomes">
        <caption class="hidden">{`${strings.results}: ${file}`}</caption>
        <thead>
          <tr>
            <th scope="col">{strings.outcome}</th>
            <th scope="col" class="number">
              {strings.times}
            </th>
            <th scope="col" class="bar">
              {strings.share}
            </th>
            <th scope="col">{strings.meaning}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.kind} ${row.label}`} class={row.kind}>
              <th scope="row" class={/^[\d\u202f –-]+$/.test(row.label) ? 'figures' : ''}>
                {row.label}
              </th>
              <td class="number">{thousands(String(row.times))}</td>
              <td class="bar">
                <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                  <rect
                    class="bar"
                    width={row.times === 0 ? 0 : Math.max(0.7, (row.times / most) * 100)}
                    height="10"
                  />
                </svg>
                <span class="percent">{percent(row.share)}</span>
              </td>
              <td>
                <span class="kind">{`${SIGNS[row.kind]} ${strings[row.kind]}`}</span>
                {`: ${row.kind === 'unknown' ? strings.unknownMeaning : row.meaning}`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Kinds are told by sign and word, never by colour alone. */
const SIGNS = { fine: '✓', harm: '✗', unknown: '?' } as const;

function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.1) return '< 0.1 %';
  if (value < 100 && value > 99.9) return '> 99.9 %';
  return `${value.toFixed(value < 10 || (value > 99 && value < 100) ? 1 : 0)} %`;
}

function summary(run: RunState, rows: readonly Row[], trials: number, strings: PanelStrings): string {
  const counted =
    trials === 0 ? [] : [trials === 1 ? strings.oneTrial : fill(strings.trials, thousands(String(trials)))];
  const kinds = (['unknown', 'harm', 'fine'] as const)
    .map((kind) => ({
      kind,
      times: rows.filter((row) => row.kind === kind).reduce((sum, row) => sum + row.times, 0),
    }))
    .filter(({ times }) => times > 0)
    .map(({ kind, times }) => `${thousands(String(times))} ${strings[kind]}`);
  return [...counted, ...kinds, ...endText(run, strings)].join(' · ');
}

function endText({ end }: RunState, strings: PanelStrings): string[] {
  if (end === null) return [];
  const seconds = (end.milliseconds / 1000).toFixed(1);
  switch (end.reason) {
    case 'done':
      return [fill(strings.ended, seconds)];
    case 'stopped':
      return [strings.stopped];
    case 'timeout':
      return [fill(strings.timeout, seconds)];
    case 'output':
      return [strings.tooMuchOutput];
    case 'memory':
      return [strings.tooMuchMemory];
    case 'failed':
      return [fill(strings.failed, end.message)];
  }
}
