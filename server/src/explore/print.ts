/** Programs as readable `.litmus` text; `litmus.ts` reads it back to the same program. */
import { literal } from './numbers.ts';
import type { Access, Cell, Claim, Comparable, Comparison, ElementType, If, Op, Program } from './program.ts';
import { RMW_METHODS, isRace, isRegister, sizeOf } from './program.ts';

/** The whole file. */
export function printLitmus(program: Program): string {
  return print(spelledOut(program));
}

function print(program: Program): string {
  const parts: string[] = [];
  const head = [`litmus ${program.name}`];
  if (program.question !== '') head.push(...field('question', program.question));
  if (program.source !== '') head.push(...field('source', program.source));
  parts.push(head.join('\n'));
  if (program.init.length > 0) parts.push(block('init', program.init.map(printAccess)));
  parts.push(block('agents', columns(program)));
  if (program.final.length > 0) parts.push(block('final', program.final.map(printAccess)));
  if (program.claims.length > 0) parts.push(program.claims.map(printClaim).join('\n'));
  return parts.join('\n\n') + '\n';
}

/** One access as a JavaScript-like statement: `r0 = Atomics.load(x)`. Also what an event is called everywhere. */
export function printAccess(op: Access): string {
  const cell = printCell(op);
  switch (op.op) {
    case 'store':
      if (op.dataview)
        return `${viewCall(op, 'set')}${printValue(op.value)}${op.type.endsWith('8') ? '' : ', true'})`;
      return op.order === 'sc'
        ? `Atomics.store(${cell}, ${printValue(op.value)})`
        : `${cell} = ${printValue(op.value)}`;
    case 'load':
      if (op.dataview) return `${op.reg} = ${viewCall(op, 'get')}${op.type.endsWith('8') ? '' : ', true'})`;
      return op.order === 'sc' ? `${op.reg} = Atomics.load(${cell})` : `${op.reg} = ${cell}`;
    case 'cas':
      return `${target(op.reg)}Atomics.compareExchange(${cell}, ${printValue(op.expected)}, ${printValue(op.value)})`;
    case 'wait': {
      const timeout = op.timeout === null ? '' : `, ${literal(op.timeout)}`;
      return `${target(op.reg)}Atomics.wait(${cell}, ${printValue(op.expected)}${timeout})`;
    }
    case 'notify':
      return `${target(op.reg)}Atomics.notify(${cell}${op.count === null ? '' : `, ${op.count}`})`;
    default:
      return `${target(op.reg)}Atomics.${RMW_METHODS[op.op]}(${cell}, ${printValue(op.value)})`;
  }
}

/** `x`, `x[1]`, `x.u16[3]`; a place that no element stands at is written in bytes: `x.u16@3`. */
function printCell(cell: Cell): string {
  // Set by `spelledOut` only.
  if ((cell as Partial<Spelled>).spelled === true) return `${cell.loc}.${cell.type}@${cell.offset}`;
  const index = cell.offset / sizeOf(cell.type);
  if (!Number.isInteger(index)) return `${cell.loc}.${cell.type}@${cell.offset}`;
  if (cell.type !== 'i32') return `${cell.loc}.${cell.type}[${index}]`;
  return index === 0 ? cell.loc : `${cell.loc}[${index}]`;
}

function printValue(value: Comparable): string {
  if (typeof value === 'string') return `"${value}"`;
  if (!isRegister(value)) return literal(value);
  if (value.add === undefined) return value.reg;
  const add = literal(value.add);
  return add.startsWith('-') ? `${value.reg} - ${add.slice(1)}` : `${value.reg} + ${add}`;
}

export function printComparisons(when: readonly Comparison[]): string {
  return when.map(({ reg, cmp, value }) => `${reg} ${cmp} ${printValue(value)}`).join(' && ');
}

const VIEW_NAMES: Readonly<Record<ElementType, string>> = {
  i8: 'Int8',
  u8: 'Uint8',
  i16: 'Int16',
  u16: 'Uint16',
  i32: 'Int32',
  u32: 'Uint32',
  i64: 'BigInt64',
  u64: 'BigUint64',
  f32: 'Float32',
  f64: 'Float64',
};

/** The name of DataView's getters and setters for a type, without `get` or `set`. */
function viewName(type: ElementType): string {
  return VIEW_NAMES[type];
}

export function typeOfViewName(name: string): ElementType | undefined {
  for (const [type, view] of Object.entries(VIEW_NAMES)) if (view === name) return type as ElementType;
  return undefined;
}

function viewCall(op: Cell, what: 'get' | 'set'): string {
  return `${op.loc}.${what}${viewName(op.type)}(${op.offset}${what === 'set' ? ', ' : ''}`;
}

function target(reg: string | null): string {
  return reg === null ? '' : `${reg} = `;
}

interface Spelled {
  readonly spelled: boolean;
}

/**
 * JSON can call a register and a block by one name; in text `x = y` would then be a load and a store at once.
 * Cells of such blocks are written with their type, `x.i32@0`, which no register can be.
 */
function spelledOut(program: Program): Program {
  const blocks = new Set<string>();
  const registers = new Set<string>();
  const collect = (ops: readonly Op[]): void => {
    for (const op of ops) {
      if (op.op === 'if') {
        collect(op.then);
        collect(op.else);
      } else if (op.op === 'repeat') collect(op.body);
      else if (op.op !== 'break') {
        blocks.add(op.loc);
        if (op.op !== 'store' && op.reg !== null) registers.add(op.reg);
      }
    }
  };
  [program.init, ...program.threads, program.final].forEach(collect);
  const mark = <T extends Op>(op: T): T => {
    if (op.op === 'if') return { ...op, then: op.then.map(mark), else: op.else.map(mark) };
    if (op.op === 'repeat') return { ...op, body: op.body.map(mark) };
    return op.op !== 'break' && registers.has(op.loc) ? { ...op, spelled: true } : op;
  };
  return {
    ...program,
    init: program.init.map(mark),
    threads: program.threads.map((thread) => thread.map(mark)),
    final: program.final.map(mark),
  };
}

function block(head: string, lines: readonly string[]): string {
  return [head, ...lines.map((line) => `  ${line}`.trimEnd())].join('\n');
}

function field(key: string, text: string): string[] {
  return text.split('\n').map((line, index) => (index === 0 ? `${key} ${line}` : `  ${line}`));
}

function columns(program: Program): string[] {
  const cells = program.threads.map((thread, index) => [program.agents[index] ?? '', ...lines(thread, '')]);
  const height = Math.max(...cells.map((column) => column.length));
  const widths = cells.map((column) => Math.max(...column.map((line) => line.length)));
  return Array.from({ length: height }, (_, row) =>
    cells
      .map((column, index) => (column[row] ?? '').padEnd(widths[index]!))
      .join(' | ')
      .trimEnd(),
  );
}

function lines(ops: readonly Op[], indent: string): string[] {
  return ops.flatMap((op): string[] => {
    switch (op.op) {
      case 'if':
        return ifLines(op, indent);
      case 'repeat':
        return [`${indent}repeat ${op.times} {`, ...lines(op.body, indent + '  '), `${indent}}`];
      case 'break':
        return [`${indent}break`];
      default:
        return [indent + printAccess(op)];
    }
  });
}

function ifLines(op: If, indent: string): string[] {
  const head = `${indent}if (${printValue(op.lhs)} ${op.cmp} ${printValue(op.rhs)}) {`;
  const inner = indent + '  ';
  const then = [head, ...lines(op.then, inner)];
  return op.else.length === 0
    ? [...then, `${indent}}`]
    : [...then, `${indent}} else {`, ...lines(op.else, inner), `${indent}}`];
}

function printClaim(claim: Claim): string {
  const under = claim.under === null ? '' : ` under ${claim.under}`;
  const when = isRace(claim) ? '' : ` ${printComparisons(claim.when)}`;
  const why = claim.why.split('\n').join('\n  ');
  return `${claim.verdict}${under}${when} : ${why}`;
}
