/**
 * For: joining the Units of a workspace into one Program: agents, turns, shared regions, locks, events, edges.
 * In and out: Units by file → Program, plain data. Must never know: syntax, rules, the editor.
 *
 * It runs the code of every agent over abstract values (machine.ts) until nothing new is learnt; then functions that
 * nothing in sight calls are run too, as calls from outside; then once more, to write the events down.
 */
import { stopIf } from '../base/cancel.ts';
import type { FileId } from '../base/text.ts';
import type { Agent, Edge, EdgeWhy, Program, Turn } from '../ir/program.ts';
import type { Unit } from '../ir/unit.ts';
import { resolvePromise } from './async.ts';
import { call } from './call.ts';
import { entryPoints, runEntry } from './entries.ts';
import { Machine, type AgentState, type LinkHost, type TurnState } from './machine.ts';
import { loadModule } from './modules.ts';
import { moduleTurn } from './workers.ts';
import { NONE, object, type Values } from './values.ts';

const MAX_PASSES = 12;
const MAX_ENTRY_ROUNDS = 3;
/** A place in a turn behind all its events. */
const END = Number.MAX_SAFE_INTEGER;

/** `files`: those that show concurrency; others are looked at only where these lead into them. */
export function link(files: readonly FileId[], host: LinkHost): Program {
  const m = settle(files, new Set(), host);
  // A file that somebody starts as a worker is not part of the main program, unless it starts itself. Files that start
  // workers run first, so that this is nearly always known in time.
  const early = [...m.mainFiles].filter((file) => isWorker(m, file));
  return programOf(early.length === 0 ? m : settle(files, new Set(early), host));
}

function settle(files: readonly FileId[], workers: ReadonlySet<FileId>, host: LinkHost): Machine {
  const m = new Machine(host);
  const roots = startersFirst(files, host).filter((file) => !workers.has(file));
  const main = mainAgent();
  m.agents.set(main.key, main);
  untilStable(m, roots);
  const inSight = new Set(files);
  for (let round = 0; round < MAX_ENTRY_ROUNDS; round++) {
    const before = m.entries.length;
    m.entries.push(...entryPoints(m, inSight));
    if (m.entries.length === before) break;
    untilStable(m, roots);
  }
  // Promises are resolved in turns that come after those that wait: the first recording finds where.
  for (let time = 0; time < 2; time++) {
    m.record();
    pass(m, roots);
    if (m.resolving.size === 0) break;
  }
  return m;
}

function startersFirst(files: readonly FileId[], host: LinkHost): FileId[] {
  const starts = (file: FileId) => {
    const unit = host.unit(file);
    return unit !== null && JSON.stringify(unit.funcs).includes('Worker"');
  };
  return [...files.filter(starts), ...files.filter((file) => !starts(file))];
}

function isWorker(m: Machine, file: FileId): boolean {
  return [...m.agents.values()].some(
    ({ entry, spawnedAt }) => entry === file && spawnedAt !== null && spawnedAt.file !== file,
  );
}

function mainAgent(): AgentState {
  return {
    key: 'main',
    name: 'main',
    entry: null,
    parent: null,
    spawnedAt: null,
    many: false,
    spawnLoops: [],
    spawnTurn: null,
    kind: 'main',
    data: NONE,
    modules: new Map(),
    visited: new Set(),
  };
}

function untilStable(m: Machine, roots: readonly FileId[]): void {
  for (let count = 0; count < MAX_PASSES; count++) {
    const before = m.heap.changes;
    pass(m, roots);
    if (m.heap.changes === before) return;
  }
  m.limits.add('gave up following values after too many rounds');
}

function pass(m: Machine, roots: readonly FileId[]): void {
  m.loaded.clear();
  m.pass++;
  for (const agent of m.agents.values()) {
    stopIf(m.host.cancelled);
    const files = agent.kind === 'main' ? roots : agent.entry === null ? [] : [agent.entry];
    m.runTurn(turn(agent, moduleTurn(agent), 'module', agent.name, agent.many, null), () => {
      for (const file of files) {
        if (agent.kind === 'main' && !m.mainFiles.has(file) && isWorker(m, file)) continue;
        if (agent.kind === 'main') m.mainFiles.add(file);
        loadModule(m, file);
      }
    });
    // What these cause in turn has its place in the next pass.
    for (const later of [...m.laters.values()]) if (later.agent === agent) runLaterTurn(m, later);
    for (const handler of [...m.handlers.values()]) if (handler.agent === agent) runHandler(m, handler);
    for (const entry of m.entries) {
      if (entry.agent !== agent) continue;
      m.runTurn(turn(agent, entry.key, 'entry', entry.func.name, true, null), () => {
        runEntry(m, entry);
      });
    }
  }
}

function turn(
  agent: AgentState,
  key: string,
  kind: Turn['kind'],
  name: string,
  many: boolean,
  at: TurnState['at'],
  depth = 0,
): TurnState {
  return { agent, key, kind, name, many, at, depth };
}

function runLaterTurn(m: Machine, later: Machine['laters'] extends Map<string, infer L> ? L : never): void {
  m.runTurn(turn(later.agent, later.key, later.kind, later.name, later.many, later.at, later.depth), () => {
    const promise = m.afterPromise.get(later.key);
    if (promise !== undefined) {
      for (const from of m.resolvedAt.get(promise) ?? []) m.order({ kind: 'promise', from, to: m.here() });
    }
    const returned = callAt(m, later.at, later.func, later.args);
    const resolves = m.resolves.get(later.key);
    if (resolves !== undefined) resolvePromise(m, resolves, returned);
  });
}

function runHandler(m: Machine, handler: Machine['handlers'] extends Map<string, infer H> ? H : never): void {
  for (const sent of [...m.sent.values()]) {
    if (sent.end !== handler.end) continue;
    // A broadcast does not reach its own sender.
    if (sent.end.startsWith('broadcast ') && sent.agent === handler.agent && !handler.agent.many) continue;
    const key = `${handler.key}<${sent.key}`;
    const many = sent.many || handler.agent.many;
    m.runTurn(turn(handler.agent, key, 'handler', 'message handler', many, handler.at, sent.depth), () => {
      if (m.recording) m.received.push({ turn: key, sent: sent.key });
      let payload = sent.payload;
      if (handler.form === 'event') {
        const event = m.make(`event ${key}`, () => ({ kind: 'object' }), null);
        m.heap.setField(event, 'data', payload);
        payload = object(event.id);
      }
      callAt(m, handler.at, handler.func, [payload]);
    });
  }
}

function callAt(m: Machine, at: NonNullable<TurnState['at']>, func: number, args: readonly Values[]): Values {
  const unit = m.host.unit(at.file);
  const around = unit?.funcs[at.func];
  if (unit === null || around === undefined) return NONE;
  const frame = m.frame(unit, around, null);
  m.emit(frame, at.n, 'receive', {});
  return call(m, frame, at.n, object(func), NONE, args, '', '');
}

/** Makes plain data of what the machine wrote down: dense numbers instead of keys. */
function programOf(m: Machine): Program {
  const turnIds = new Map([...m.turns.keys()].map((key, index) => [key, index]));
  const agentIds = new Map([...m.agents.keys()].map((key, index) => [key, index]));
  const turnOf = new Map([...turnIds].map(([key, id]) => [m.numberOf(`turn ${key}`), id]));
  const agentOf = new Map([...agentIds].map(([key, id]) => [m.numberOf(`agent ${key}`), id]));
  const regionTurns = new Map([...turnIds].map(([key, id]) => [m.numberOf(key), id]));
  const guards = new Map<number, readonly number[]>();
  for (const [key, branches] of m.guards) {
    const event = m.eventOfKey.get(key);
    if (event !== undefined) guards.set(event, [...branches]);
  }
  const events = m.events.map((event) => ({
    ...event,
    turn: turnOf.get(event.turn)!,
    agent: agentOf.get(event.agent)!,
    guards: guards.get(event.id) ?? [],
  }));
  const turns: Turn[] = [...m.turns.values()].map((state, id) => ({
    id,
    agent: agentIds.get(state.agent.key)!,
    kind: state.kind,
    name: state.name,
    many: state.many,
    at: state.at,
  }));
  const agents: Agent[] = [...m.agents.values()].map((state, id) => ({
    id,
    name: state.name,
    entry: state.entry,
    parent: state.parent === null ? null : agentIds.get(state.parent)!,
    spawnedAt: state.spawnedAt,
    many: state.many,
    spawnLoops: state.spawnLoops,
    spawnTurn: state.spawnTurn === null ? null : (turnIds.get(state.spawnTurn) ?? null),
    mayBlock: state.kind === 'main' ? null : true,
    files: [...state.modules.keys()],
  }));
  return {
    units: unitsOf(m),
    agents,
    turns,
    regions: m.regions.map((region) => ({
      ...region,
      madeTurn: region.madeTurn === null ? null : (regionTurns.get(region.madeTurn) ?? null),
    })),
    locks: m.locks,
    events,
    edges: edgesOf(m, turns, turnIds, agentIds),
    unknown: [...m.unknown.values()],
    limits: [...m.limits],
  };
}

function unitsOf(m: Machine): Map<FileId, Unit> {
  const units = new Map<FileId, Unit>();
  for (const agent of m.agents.values()) {
    for (const [file, frame] of agent.modules) units.set(file, frame.unit);
  }
  return units;
}

function edgesOf(
  m: Machine,
  turns: readonly Turn[],
  turnIds: ReadonlyMap<string, number>,
  agentIds: ReadonlyMap<string, number>,
): Edge[] {
  const edges: Edge[] = [];
  const add = (
    from: number | undefined,
    event: number,
    to: number | undefined,
    toEvent: number,
    why: EdgeWhy,
  ) => {
    if (from === undefined || to === undefined) return;
    edges.push({ from: { turn: from, event }, to: { turn: to, event: toEvent }, why });
  };
  for (const { kind, from, to } of m.orders) {
    const target = turnIds.get(to.turn);
    if ('turn' in from) add(turnIds.get(from.turn), from.event, target, to.event, kind);
    else {
      const agent = agentIds.get(from.agent);
      for (const each of turns) if (each.agent === agent) add(each.id, END, target, to.event, kind);
    }
  }
  for (const { turn: to, sent } of m.received) {
    const from = m.sentAt.get(sent);
    if (from !== undefined) add(turnIds.get(from.turn), from.event, turnIds.get(to), 0, 'message');
  }
  // Behind its first top-level `await` a module no longer comes before the other turns of its agent.
  const firstAwait = new Map<number, number>();
  for (const { op, task, turn: number, id } of m.events) {
    if (op === 'suspend' && task === 0 && !firstAwait.has(number)) firstAwait.set(number, id);
  }
  const moduleOf = new Map<number, { turn: number; end: number }>();
  for (const [key, id] of turnIds) {
    const { kind, agent } = turns[id]!;
    const end = firstAwait.get(m.numberOf(`turn ${key}`)) ?? END;
    if (kind === 'module' && !moduleOf.has(agent)) moduleOf.set(agent, { turn: id, end });
  }
  for (const each of turns) {
    if (each.kind === 'module') continue;
    const first = moduleOf.get(each.agent);
    if (first !== undefined) add(first.turn, first.end, each.id, 0, 'module-first');
  }
  return edges;
}
