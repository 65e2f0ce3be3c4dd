/** Printed forms of the IR: a language for readers, for tests and for `--print`. */
import type { Bytes, Event, Program } from './program.ts';
import type { Unit } from './unit.ts';

/** One line per function: its name and its body as the core language. */
export function printUnit(unit: Unit): string {
  const lines: string[] = [];
  for (const each of unit.imports) lines.push(`import ${each.name} from '${each.specifier}'`);
  for (const each of unit.exports) lines.push(`export ${each.name ?? '*'}`);
  for (const func of Object.values(unit.funcs)) {
    const head = `${func.async ? 'async ' : ''}${func.kind} ${func.id === '' ? '(module)' : func.id}`;
    lines.push(`${head}: ${func.body.map((stmt) => stmt.s).join(' ')}`.trimEnd());
  }
  return `${lines.join('\n')}\n`;
}

/** Agents, then each turn with its events, then the edges between turns. */
export function printProgram(program: Program): string {
  const lines: string[] = [];
  for (const agent of program.agents) {
    const files = agent.files.map(baseName).sort().join(', ');
    lines.push(`agent ${agent.name}${agent.many ? ' (many)' : ''}: ${files}`);
  }
  for (const turn of program.turns) {
    const events = program.events.filter((event) => event.turn === turn.id);
    if (events.length === 0) continue;
    lines.push(
      `turn ${turn.id} of ${program.agents[turn.agent]!.name}: ${turn.kind}${turn.many ? ' (many)' : ''} ${turn.name}`.trimEnd(),
    );
    for (const event of events) lines.push(`  ${printEvent(program, event)}`);
  }
  for (const { from, to, why } of program.edges) {
    const at = (place: { turn: number; event: number }) =>
      place.event === 0
        ? `start of ${place.turn}`
        : place.event > program.events.length
          ? `end of ${place.turn}`
          : `${place.turn}@${place.event}`;
    lines.push(`edge ${at(from)} -> ${at(to)}: ${why}`);
  }
  for (const { why } of program.unknown) lines.push(`unknown worker: ${why}`);
  for (const limit of program.limits) lines.push(`limit: ${limit}`);
  return `${lines.join('\n')}\n`;
}

function printEvent(program: Program, event: Event): string {
  const what: string[] = [`${event.id} ${event.op}`];
  if (event.region !== null) what.push(`${program.regions[event.region]!.name}${printBytes(event.bytes)}`);
  if (event.lock !== null) what.push(program.locks[event.lock]!.name);
  if (event.atomic) what.push('atomic');
  if (event.from !== null) what.push(`from ${event.from}`);
  if (event.held.length > 0)
    what.push(`under ${event.held.map((hold) => program.locks[hold.lock]!.name).join(', ')}`);
  return what.join(' ');
}

function printBytes(bytes: Bytes | null): string {
  if (bytes === null) return '';
  const range = bytes.exact
    ? String(bytes.low)
    : `${bytes.low}..${bytes.high === Infinity ? '' : bytes.high}`;
  return `[${range}${bytes.distinct === null ? '' : ` by ${bytes.distinct}`}]`;
}

function baseName(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}
