/**
 * For: the lesson panel's page: draws what the client sends, sends back what the reader wants.
 * In and out: checked messages both ways (host.ts). Must never know: the editor, files, how a program is run.
 */
import { render } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';
import type { LessonDoc, LessonEntry, PanelStrings, RunEvent } from '../../server/src/learn/protocol.ts';
import { CodeBlock } from './code.tsx';
import { onMessage, post, readState, writeState, type Saved } from './host.ts';
import { Predict } from './predict.tsx';
import { RunBlock, type RunState } from './run.tsx';
import { fill } from './text.ts';
import { TimelineBlock } from './timeline.tsx';

interface Shown {
  readonly lesson: LessonDoc;
  readonly index: readonly LessonEntry[];
  readonly strings: PanelStrings;
}

function App() {
  const [shown, setShown] = useState<Shown | null>(null);
  const [runs, setRuns] = useState<Readonly<Record<string, RunState>>>({});
  const [saved, setSaved] = useState<Saved>(readState);
  const [problem, setProblem] = useState('');

  // Before anything is painted: the client answers `ready` at once, and nobody may miss the answer.
  useLayoutEffect(() => {
    onMessage((message) => {
      switch (message.type) {
        case 'lesson':
          setShown(message);
          setRuns({});
          setProblem('');
          setSaved((before) =>
            before.lesson === message.lesson.id
              ? before
              : { ...before, lesson: message.lesson.id, scroll: 0 },
          );
          break;
        case 'started':
          setProblem('');
          setRuns((before) => ({ ...before, [message.file]: STARTED }));
          break;
        case 'run':
          setRuns((before) => ({
            ...before,
            [message.file]: afterEvent(before[message.file] ?? STARTED, message.event),
          }));
          break;
        case 'problem':
          setProblem(message.message);
          break;
      }
    });
    post({ type: 'ready' });
  }, []);
  useLayoutEffect(() => {
    if (saved.lesson !== null) writeState(saved);
  }, [saved]);

  // Once per lesson: where the reader was, which is the top of a lesson that is opened for the first time.
  const shownId = shown?.lesson.id;
  useLayoutEffect(() => {
    window.scrollTo(0, saved.scroll);
  }, [shownId]);
  useLayoutEffect(() => {
    const remember = () => setSaved((before) => ({ ...before, scroll: Math.round(window.scrollY) }));
    window.addEventListener('scrollend', remember);
    return () => window.removeEventListener('scrollend', remember);
  }, []);

  if (shown === null) return null;
  const { lesson, index, strings } = shown;
  const guesses = saved.guesses[lesson.id] ?? {};
  const guess = (block: number, option: number | null) => {
    const others = Object.entries(guesses).filter(([at]) => at !== String(block));
    const next = Object.fromEntries(option === null ? others : [...others, [String(block), option]]);
    setSaved({ ...saved, guesses: { ...saved.guesses, [lesson.id]: next } });
  };

  return (
    <article onClick={followLink}>
      <header>
        <p class="kicker">{fill(strings.minutes, lesson.minutes)}</p>
        <h1>{lesson.title}</h1>
      </header>
      {lesson.blocks.map((block, at) => {
        const key = `${lesson.id}/${at}`;
        switch (block.kind) {
          case 'prose':
            return <div key={key} class="prose" dangerouslySetInnerHTML={{ __html: block.html }} />;
          case 'code':
            return <CodeBlock key={key} block={block} strings={strings} />;
          case 'run':
            return <RunBlock key={key} block={block} run={runs[block.file] ?? null} strings={strings} />;
          case 'predict':
            return (
              <Predict
                key={key}
                block={block}
                chosen={guesses[at] ?? null}
                choose={(option) => guess(at, option)}
                strings={strings}
              />
            );
          case 'timeline':
            return (
              <TimelineBlock key={key} timeline={block.timeline} name={`timeline-${at}`} strings={strings} />
            );
          case 'litmus':
            return (
              <pre key={key} class="code" tabIndex={0}>
                {block.source}
              </pre>
            );
        }
      })}
      <Contents lesson={lesson} index={index} strings={strings} />
      <p class="problem" role="alert">
        {problem}
      </p>
    </article>
  );
}

function Contents({ lesson, index, strings }: Shown) {
  const at = index.findIndex((entry) => entry.id === lesson.id);
  const link = (entry: LessonEntry | undefined, text: string, cls: string) =>
    entry === undefined ? null : (
      <button type="button" class={cls} onClick={() => post({ type: 'openLesson', id: entry.id })}>
        {fill(text, entry.title)}
      </button>
    );
  return (
    <nav aria-label={strings.allLessons}>
      <div class="steps">
        {link(index[at - 1], strings.previousLesson, 'secondary')}
        {link(index[at + 1], strings.nextLesson, '')}
      </div>
      <details>
        <summary>{strings.allLessons}</summary>
        <ol>
          {index.map((entry) => (
            <li key={entry.id}>
              <a
                href={`lesson:${entry.id}`}
                {...(entry.id === lesson.id ? { 'aria-current': 'page' as const } : {})}
              >
                {entry.title}
              </a>{' '}
              <span class="quiet">{fill(strings.minutes, entry.minutes)}</span>
            </li>
          ))}
        </ol>
      </details>
    </nav>
  );
}

/** `rule:` and `lesson:` are links of our own; all others are the editor's business. */
function followLink(event: MouseEvent): void {
  const href = (event.target as Element).closest('a')?.getAttribute('href') ?? '';
  const own = /^(rule|lesson):([a-z0-9-]+)$/.exec(href);
  if (own === null) return;
  event.preventDefault();
  post(own[1] === 'rule' ? { type: 'openRule', rule: own[2]! } : { type: 'openLesson', id: own[2]! });
}

const STARTED: RunState = { running: true, counts: {}, lines: [], end: null };

function afterEvent(run: RunState, event: RunEvent): RunState {
  switch (event.type) {
    case 'line':
      return { ...run, lines: [...run.lines, event.text] };
    case 'tally':
      return { ...run, counts: event.counts };
    case 'end':
      return { ...run, running: false, end: event };
  }
}

render(<App />, document.querySelector('#lesson')!);
