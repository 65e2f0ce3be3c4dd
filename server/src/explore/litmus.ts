/**
 * The readable form:
 *
 *     litmus MP
 *     question Is the message there once the flag is up?
 *
 *     agents
 *       writer                | reader
 *       x = 1                 | r0 = Atomics.load(flag)
 *       Atomics.store(flag, 1) | r1 = x
 *
 *     exists r0 == 0 && r1 == 0 : The reader came before everything
 *     forbidden r0 == 1 && r1 == 0 : The atomic pair orders the message
 *
 * Sections begin at the left edge, what belongs to them is indented. `print.ts` writes the same form.
 */
import type { Position } from '../base/text.ts';
import { agentName } from './build.ts';
import type { Names } from './litmus-statements.ts';
import { checkNames, parseComparisons, parseStatements } from './litmus-statements.ts';
import type { Piece } from './litmus-tokens.ts';
import type { Claim, Load, Op, Program, Store, Under } from './program.ts';
import type { Parsed, Places } from './source-error.ts';
import { LitmusError, START, didYouMean, quoted } from './source-error.ts';

/** Throws LitmusError. The result still has to pass `validate`. */
export function parseLitmus(text: string): Parsed<Program> {
  const places: Places = new WeakMap();
  const found: Draft = {
    name: null,
    question: '',
    source: '',
    init: [],
    agents: null,
    final: [],
    claims: [],
  };
  const names: Names = { registers: new Map(), cells: new Map() };
  for (const section of sectionsOf(text)) readSection(section, found, places, names);
  checkNames(names);
  if (found.name === null)
    throw new LitmusError('begin with a line "litmus" and the name of the program', START);
  if (found.agents === null)
    throw new LitmusError('there are no agents: write a section "agents" with a column for each', START);
  const { name, agents, ...rest } = found;
  const program: Program = {
    ...rest,
    name,
    agents: agents.map(({ name: agent }, index) => (agent === '' ? agentName(index) : agent)),
    threads: agents.map(({ ops }) => ops),
  };
  places.set(program, START);
  return { value: program, places };
}

interface Draft {
  name: string | null;
  question: string;
  source: string;
  init: readonly Store[];
  agents: readonly { readonly name: string; readonly ops: readonly Op[] }[] | null;
  final: readonly Load[];
  claims: Claim[];
}

/** A line from the left edge and the indented lines below it. */
interface Section {
  readonly word: string;
  readonly head: Piece;
  readonly body: readonly Piece[];
  readonly at: Position;
}

const WORDS = [
  'litmus',
  'question',
  'source',
  'init',
  'agents',
  'final',
  'exists',
  'forbidden',
  'race',
  'race-free',
];

function sectionsOf(text: string): Section[] {
  const sections: { word: string; head: Piece; body: Piece[]; at: Position }[] = [];
  text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .forEach((raw, line) => {
      const trimmed = raw.trim();
      if (trimmed === '' || trimmed.startsWith('//')) return;
      const column = raw.length - raw.trimStart().length;
      if (column > 0) {
        const open = sections.at(-1);
        if (open === undefined)
          throw new LitmusError('this line belongs to no section: begin with "litmus" and a name', {
            line,
            column,
          });
        open.body.push({ text: raw, line, column: 0 });
        return;
      }
      const word = /^[\w-]+/.exec(raw)?.[0] ?? '';
      if (!WORDS.includes(word)) {
        throw new LitmusError(
          `unknown section ${quoted(word === '' ? trimmed : word)}${didYouMean(word, WORDS) || `: write one of ${WORDS.join(' ')}, or indent the line`}`,
          { line, column: 0 },
        );
      }
      const rest = raw.slice(word.length);
      const start = word.length + (rest.length - rest.trimStart().length);
      sections.push({
        word,
        head: { text: rest.trim(), line, column: start },
        body: [],
        at: { line, column: 0 },
      });
    });
  return sections;
}

function readSection(section: Section, found: Draft, places: Places, names: Names): void {
  const { word, head, body, at } = section;
  switch (word) {
    case 'litmus':
      if (found.name !== null)
        throw new LitmusError('a file holds one program: this is the second "litmus"', at);
      if (head.text === '') throw new LitmusError('the program needs a name behind "litmus"', at);
      found.name = prose(section);
      break;
    case 'question':
      found.question = prose(section);
      break;
    case 'source':
      found.source = prose(section);
      break;
    case 'init':
      found.init = parseStatements([head, ...body], places, names).map((op) => {
        if (op.op === 'store' && op.order === 'un') return op;
        throw new LitmusError('"init" holds plain stores only, like x = 5', places.get(op) ?? at);
      });
      break;
    case 'final':
      found.final = parseStatements([head, ...body], places, names).map((op) => {
        if (op.op === 'load' && op.order === 'un') return op;
        throw new LitmusError('"final" holds plain loads only, like end = x', places.get(op) ?? at);
      });
      break;
    case 'agents':
      if (found.agents !== null)
        throw new LitmusError('the agents stand in one section: this is the second', at);
      found.agents = columns(head.text === '' ? body : [head, ...body], at, places, names);
      break;
    default:
      found.claims.push(claim(section, places));
  }
}

function columns(rows: readonly Piece[], at: Position, places: Places, names: Names): Draft['agents'] {
  const [header, ...lines] = rows.map(cells);
  if (header === undefined)
    throw new LitmusError('write the names of the agents below "agents", with | between them', at);
  for (const row of lines) {
    const extra = row[header.length];
    if (extra !== undefined) {
      throw new LitmusError(`this line has ${row.length} columns, but there are ${header.length} agents`, {
        line: extra.line,
        column: extra.column,
      });
    }
  }
  return header.map((head, index) => {
    const pieces = lines.flatMap((row) => row[index] ?? []);
    const ops = parseStatements(pieces, places, names);
    const lead = head.text.length - head.text.trimStart().length;
    places.set(ops, { line: head.line, column: head.column + lead });
    return { name: head.text.trim(), ops };
  });
}

function cells(row: Piece): Piece[] {
  const found: Piece[] = [];
  let from = 0;
  for (const text of row.text.split('|')) {
    found.push({ text, line: row.line, column: row.column + from });
    from += text.length + 1;
  }
  return found;
}

function claim(section: Section, places: Places): Claim {
  const { word, head, at } = section;
  const verdict = word as Claim['verdict'];
  let { text, column } = head;
  let under: Under | null = null;
  const prefix = /^under\s+([\w-]+)\s*/.exec(text);
  if (prefix !== null) {
    const named = UNDERS.find((candidate) => candidate === prefix[1]);
    if (named === undefined) {
      throw new LitmusError(`unknown reading ${quoted(prefix[1] ?? '')}: write one of ${UNDERS.join(' ')}`, {
        line: head.line,
        column,
      });
    }
    under = named;
    text = text.slice(prefix[0].length);
    column += prefix[0].length;
  }
  const colon = /(^|\s):(\s|$)/.exec(text);
  if (colon === null) {
    throw new LitmusError(`say why in one sentence behind " : "`, {
      line: head.line,
      column: column + text.length,
    });
  }
  const why = [text.slice(colon.index + colon[0].length), ...section.body.map((piece) => piece.text)]
    .map((line) => line.trim())
    .join('\n')
    .trim();
  if (verdict === 'race' || verdict === 'race-free') {
    const made: Claim = { verdict, under, why };
    places.set(made, at);
    return made;
  }
  const when = parseComparisons({ text: text.slice(0, colon.index), line: head.line, column }, places);
  const made: Claim = { verdict, under, when, why };
  places.set(made, at);
  return made;
}

const UNDERS: readonly Under[] = ['es2017', 'sc', 'tso', 'tear-free'];

function prose(section: Section): string {
  return [section.head, ...section.body].map((piece) => piece.text.trim()).join('\n');
}
