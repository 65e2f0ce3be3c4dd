/** Agents as columns, time downwards, the cells between them; and the same as a table for whoever does not see the drawing. */
import type { PanelStrings, Timeline, TimelineStep } from '../../server/src/learn/protocol.ts';
import { fill } from './text.ts';

/* All lengths in units of the drawing, which is scaled to the width of the page. */
const LANE = 212;
const CELLS = 148;
const GAP = 34;
const BOX = 30;
const ROW = 46;
const HEAD = 52;
const EDGE = 10;

export function TimelineBlock({
  timeline,
  name,
  strings,
}: {
  readonly timeline: Timeline;
  readonly name: string;
  readonly strings: PanelStrings;
}) {
  const columns = layout(timeline);
  const height = HEAD + timeline.steps.length * ROW + EDGE;
  const y = (index: number) => HEAD + index * ROW + ROW / 2;
  const notes = timeline.steps
    .map((step, index) => ({ number: index + 1, note: step.note }))
    .filter(({ note }) => note !== null);
  return (
    <figure class="timeline">
      <figcaption>{timeline.title}</figcaption>
      <svg
        viewBox={`0 0 ${columns.width} ${height}`}
        role="img"
        aria-labelledby={`${name}-title ${name}-result`}
      >
        <title id={`${name}-title`}>{timeline.title}</title>
        <defs>
          <marker
            id={`${name}-arrow`}
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="7"
            markerHeight="7"
            orient="auto"
          >
            <path class="head" d="M0 0 L8 4 L0 8 z" />
          </marker>
          <marker
            id={`${name}-order`}
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="7"
            markerHeight="7"
            orient="auto"
          >
            <path class="head order" d="M0 0 L8 4 L0 8 z" />
          </marker>
        </defs>
        {columns.cells === null ? null : (
          <g class="memory">
            <rect x={columns.cells - CELLS / 2} y={EDGE} width={CELLS} height={height - 2 * EDGE} rx="6" />
            <text x={columns.cells} y={EDGE + 22}>
              {timeline.memory ?? strings.memory}
            </text>
          </g>
        )}
        {timeline.agents.map((agent, index) => {
          const x = columns.agents[index]!;
          return (
            <g class="lane" key={agent}>
              <line x1={x} y1={HEAD - 8} x2={x} y2={height - EDGE} />
              <text x={x} y={EDGE + 22}>
                {agent}
              </text>
            </g>
          );
        })}
        {timeline.steps.map((step, index) => (
          <Step
            key={index}
            step={step}
            number={index + 1}
            x={columns.agents[step.agent]!}
            cells={columns.cells}
            y={y(index)}
            agents={timeline.agents}
            arrow={`url(#${name}-arrow)`}
            strings={strings}
          />
        ))}
        {timeline.edges.map((edge) => {
          const from = columns.agents[timeline.steps[edge.from]!.agent]!;
          const to = columns.agents[timeline.steps[edge.to]!.agent]!;
          const side = to > from ? 1 : -1;
          const half = (LANE - GAP) / 2;
          const [x1, y1, x2, y2] = [from + side * half, y(edge.from), to - side * half, y(edge.to)];
          return (
            <g class="order" key={`${edge.from} ${edge.to}`}>
              <line x1={x1} y1={y1} x2={x2} y2={y2} marker-end={`url(#${name}-order)`} />
              <text x={(x1 + x2) / 2} y={(y1 + y2) / 2 - 9}>
                {edge.label}
              </text>
            </g>
          );
        })}
      </svg>
      {notes.length === 0 ? null : (
        <ul class="notes">
          {notes.map(({ number, note }) => (
            <li key={number}>
              <span class="badge">{number}</span> {note}
            </li>
          ))}
        </ul>
      )}
      <p class="result" id={`${name}-result`}>
        {timeline.result}
      </p>
      <details>
        <summary>{strings.asText}</summary>
        <div class="scroll" tabIndex={0} role="region" aria-label={timeline.title}>
          <table>
            <caption class="hidden">{timeline.title}</caption>
            <thead>
              <tr>
                <th scope="col">{strings.step}</th>
                <th scope="col">{strings.agent}</th>
                <th scope="col">{strings.does}</th>
                <th scope="col">{strings.note}</th>
              </tr>
            </thead>
            <tbody>
              {timeline.steps.map((step, index) => (
                <tr key={index} class={step.harm ? 'harm' : ''}>
                  <th scope="row">{index + 1}</th>
                  <td>{timeline.agents[step.agent]}</td>
                  <td>{`${phrase(step, strings)}${step.harm ? ' ✗' : ''}`}</td>
                  <td>{[step.note, ...edgesInto(timeline, index, strings)].filter(Boolean).join('; ')}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}

function Step({
  step,
  number,
  x,
  y,
  cells,
  agents,
  arrow,
  strings,
}: {
  readonly step: TimelineStep;
  readonly number: number;
  readonly x: number;
  readonly y: number;
  readonly cells: number | null;
  readonly agents: readonly string[];
  readonly arrow: string;
  readonly strings: PanelStrings;
}) {
  const width = LANE - GAP;
  const chip = cells === null ? null : cellText(step, agents, strings);
  const side = cells !== null && cells > x ? 1 : -1;
  const near = x + (side * width) / 2;
  // On the side where no arrow comes in.
  const badge = x - (side * width) / 2;
  const far = (cells ?? 0) - (side * (CELLS - 16)) / 2;
  const fromCells = step.word === 'read';
  return (
    <g class={`step ${step.harm ? 'harm' : ''}`}>
      {chip === null || cells === null ? null : (
        <>
          <line
            class="flow"
            x1={fromCells ? far : near}
            x2={fromCells ? near : far}
            y1={y}
            y2={y}
            marker-end={arrow}
          />
          <rect class="chip" x={cells - (CELLS - 16) / 2} y={y - 12} width={CELLS - 16} height="24" rx="4" />
          <text class="chip" x={cells} y={y + 4}>
            {chip}
          </text>
        </>
      )}
      <rect x={x - width / 2} y={y - BOX / 2} width={width} height={BOX} rx="5" />
      <circle cx={badge} cy={y} r="9" />
      <text class="number" x={badge} y={y + 4}>
        {number}
      </text>
      <text x={x} y={y + 4}>
        {`${step.harm ? '✗ ' : ''}${phrase(step, strings)}`}
      </text>
    </g>
  );
}

/** With two agents the cells stand between them, with any other number to the right; none where no step touches any. */
function layout({ agents, steps }: Timeline): { agents: number[]; cells: number | null; width: number } {
  const touched = steps.some(({ word }) => CELL_WORDS.has(word));
  const between = touched && agents.length === 2;
  const start = EDGE + 10;
  const xs = agents.map((_, index) => start + LANE / 2 + index * LANE + (between && index === 1 ? CELLS : 0));
  const cells = !touched ? null : start + (between ? LANE : agents.length * LANE) + CELLS / 2;
  return { agents: xs, cells, width: start + agents.length * LANE + (touched ? CELLS : 0) + EDGE };
}

const CELL_WORDS = new Set(['read', 'write', 'acquire', 'release']);

function cellText(
  { word, place, value, agent }: TimelineStep,
  agents: readonly string[],
  strings: PanelStrings,
): string | null {
  switch (word) {
    case 'read':
    case 'write':
      return value === null ? place : `${place} = ${value}`;
    case 'acquire':
      return fill(strings.heldBy, place, agents[agent]!);
    case 'release':
      return fill(strings.free, place);
    default:
      return null;
  }
}

function phrase({ word, place, value }: TimelineStep, strings: PanelStrings): string {
  switch (word) {
    case 'read':
      return value === null ? fill(strings.wordRead, place) : fill(strings.wordReadValue, place, value);
    case 'write':
      return value === null ? fill(strings.wordWrite, place) : fill(strings.wordWriteValue, place, value);
    default: {
      const text = strings[`word${word[0]!.toUpperCase()}${word.slice(1)}` as keyof PanelStrings];
      return fill(text, value === null ? place : `${place}: ${value}`);
    }
  }
}

function edgesInto({ edges }: Timeline, step: number, strings: PanelStrings): string[] {
  return edges
    .filter((edge) => edge.to === step)
    .map((edge) => fill(strings.afterStep, edge.label, edge.from + 1));
}
