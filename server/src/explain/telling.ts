/** What every explanation needs at hand, and the words that all of them say in the same way. */
import { positionAt, type Span } from '../base/text.ts';
import type { FactContext } from '../facts/fact.ts';
import type { Event, Held, Program } from '../ir/program.ts';
import type { Mark, Unit } from '../ir/unit.ts';

export interface Telling {
  readonly cx: FactContext;
  readonly program: Program;
  /** The file of the reader, as it is now. */
  readonly unit: Unit;
  readonly spanAt: (mark: Mark) => Span | null;
}

/** Another place of a story. */
export interface LinkTo {
  readonly to: Mark | Span;
  readonly label: string;
}

/** An explanation whose places are still Marks. */
export interface Story {
  readonly title: string;
  /** null: nothing to say on that point. */
  readonly sentences: readonly (string | null)[];
  readonly links: readonly LinkTo[];
  readonly lesson: '01-first-race' | '03-lock-order' | '04-publication' | null;
}

/** A reason for silence whose places are still Marks. */
export interface Told {
  readonly name: string;
  readonly message: string;
  readonly links: readonly LinkTo[];
}

export function quoted(name: string): string {
  return `\`${name.replaceAll('`', "'")}\``;
}

export function baseName(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}

/** `at line 12`, `at worker.ts:12`. */
export function where(t: Telling, mark: Mark): string {
  const line = lineOf(t, mark);
  if (mark.file === t.unit.file) return line === null ? 'in this file' : `at line ${line}`;
  return line === null ? `in ${baseName(mark.file)}` : `at ${baseName(mark.file)}:${line}`;
}

/**
 * The one-based line of a place; null where it is not known. The Program keeps the lines of another file as they were
 * when it was linked: they are told only as long as the place has not moved since.
 */
function lineOf({ program, unit, spanAt }: Telling, mark: Mark): number | null {
  const span = spanAt(mark);
  if (span === null) return null;
  if (mark.file === unit.file) return positionAt(unit.lines, span.start).line + 1;
  const linked = program.units.get(mark.file);
  if (linked?.spans[mark.func]?.[2 * mark.n] !== span.start) return null;
  return positionAt(linked.lines, span.start).line + 1;
}

/** Who runs the code of an agent, as the subject of a sentence. */
export function who(program: Program, agent: number): string {
  if (program.agents.length === 1) return 'this code';
  return agent === 0 ? 'the main thread' : program.agents[agent]!.name;
}

/** The agent of `other` as `event` sees it: another one, a second instance of its own, or one that is not in sight. */
export function otherWho(program: Program, event: Event, other: Event): string {
  if (event.agent !== other.agent) return who(program, other.agent);
  const { name, many } = program.agents[other.agent]!;
  return many ? `another instance of ${name}` : 'another agent that runs this code';
}

export function whoAll(program: Program, events: readonly Event[]): string {
  return list([...new Set(events.map(({ agent }) => who(program, agent)))]);
}

/** `a`, `a and b`, `a, b and c`. */
export function list(items: readonly string[]): string {
  if (items.length <= 1) return items[0] ?? '';
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)!}`;
}

/** A few items of many, each once, with the number of the others. */
export function few(items: readonly string[], most = 2): string {
  const different = [...new Set(items)];
  if (different.length <= most + 1) return list(different);
  return `${different.slice(0, most).join(', ')} and ${different.length - most} more places`;
}

/** `reads it with Atomics.load`, `writes it plainly`, `updates it with Atomics.add`. */
export function doesTo({ op, from, atomic, via }: Event): string {
  const verb = from !== null || isUpdate(via) ? 'updates' : op === 'read' ? 'reads' : 'writes';
  return `${verb} it ${atomic ? `with ${quoted(via)}` : 'plainly'}`;
}

/** The operations that read and write in one step. */
export function isUpdate(via: string): boolean {
  return /^Atomics\.(?:add|sub|and|or|xor|exchange|compareExchange)$/.test(via);
}

/** The lock as the code that takes it calls it. */
export function takenName(program: Program, { lock, place }: Event): string {
  return place === '' ? lockName(program, lock!) : quoted(place);
}

/** The lock as the code that holds it calls it. */
export function heldName(program: Program, { lock, name }: Held): string {
  return name === '' ? lockName(program, lock) : quoted(name);
}

/** The lock as the first that took it called it. */
export function lockName(program: Program, lock: number): string {
  return quoted(program.locks[lock]!.name || 'the lock');
}

/** The beginning of a sentence; a file keeps its name. */
export function capital(text: string): string {
  return text.split(' ', 1)[0]!.includes('.') ? text : text.charAt(0).toUpperCase() + text.slice(1);
}
