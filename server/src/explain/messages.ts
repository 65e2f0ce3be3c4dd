/** The stories of code that crosses agents or turns: starting a worker, sending, receiving, ending, running later. */
import type { Edge, Event } from '../ir/program.ts';
import { sameMark, type Mark } from '../ir/unit.ts';
import { conflicts } from '../facts/conflicts.ts';
import { conflictsAt, edgesInto, messages, onePerMark } from './indexes.ts';
import {
  baseName,
  capital,
  few,
  list,
  quoted,
  where,
  who,
  whoAll,
  type LinkTo,
  type Story,
  type Telling,
} from './telling.ts';

export function sending(t: Telling, events: readonly Event[]): Story {
  const { bySend } = t.cx.get(messages);
  const turns = [...new Set(events.flatMap(({ id }) => (bySend.get(id) ?? []).map(({ turn }) => turn)))];
  const sender = whoAll(t.program, events);
  const handlers = handlersOf(t, turns);
  if (handlers.length === 0) return unheard(t, events);
  const receivers = list([...new Set(turns.map((turn) => who(t.program, t.program.turns[turn]!.agent)))]);
  const visible = carried(t, events, turns);
  return {
    title: `This message runs a handler of ${receivers}`,
    sentences: [
      `It is received by the handler ${few(handlers.map((at) => where(t, at)))}.`,
      `Everything ${sender} did before this line happens before everything that handler does (ECMA-262, “host-synchronizes-with”: sending a message).`,
      visible?.sentence ?? null,
      'What comes after this line is not ordered with the handler.',
    ],
    links: [
      ...handlers.map((to) => ({ to, label: 'the handler that receives it' })),
      ...(visible?.links ?? []),
    ],
    lesson: '04-publication',
  };
}

function handlersOf({ program }: Telling, turns: readonly number[]): Mark[] {
  const marks: Mark[] = [];
  for (const turn of turns) {
    const { at } = program.turns[turn]!;
    if (at !== null && !marks.some((mark) => sameMark(mark, at))) marks.push(at);
  }
  return marks;
}

function unheard(t: Telling, events: readonly Event[]): Story {
  const agents = new Set(events.map(({ agent }) => agent));
  // Limit: which of several unknown workers a message goes to is not part of the Program.
  const unknown = t.program.unknown.filter(({ at }) =>
    t.program.agents.some(
      ({ entry, parent, spawnedAt }) =>
        entry === null &&
        parent !== null &&
        agents.has(parent) &&
        spawnedAt !== null &&
        sameMark(spawnedAt, at),
    ),
  );
  return {
    title: 'This message has no handler in sight',
    sentences: [
      unknown.length === 0
        ? 'No handler in sight receives it, so it orders nothing that is known here.'
        : `It may go to a worker that is not analysed (${unknown[0]!.why}): what that does with it is not known.`,
      'Whatever code receives it comes after everything that was done before this line (ECMA-262, “host-synchronizes-with”: sending a message).',
      unknown.length === 0
        ? `The missing half is a handler, such as ${quoted('onmessage')}, in the agent at the other end.`
        : null,
    ],
    links: unknown.map(({ at }) => ({ to: at, label: 'the worker whose code is not in sight' })),
    lesson: null,
  };
}

/** Shared memory that is accessed before the message and after it; one that is written before and read after, if there is. */
function carried(
  t: Telling,
  sends: readonly Event[],
  turns: readonly number[],
): { sentence: string; links: LinkTo[] } | null {
  const pairs = t.cx.get(conflicts).flatMap(({ excuse }) => {
    if (excuse?.name !== 'ordered' || !excuse.steps.some(({ why }) => why === 'message')) return [];
    const { first, second } = excuse;
    const isCarried =
      turns.includes(second.turn) && sends.some(({ turn, id }) => turn === first.turn && first.id < id);
    return isCarried && !isOpen(t, first, second) ? [excuse] : [];
  });
  const pair = pairs.find(({ first, second }) => first.op === 'write' && second.op === 'read') ?? pairs[0];
  if (pair === undefined) return null;
  const { first, second } = pair;
  const [before, after] = [first, second].map(({ op }) => (op === 'write' ? 'written' : 'read'));
  return {
    sentence: `So ${quoted(first.place)}, ${before!} ${where(t, first.at)}, is done with before it is ${after!} ${where(t, second.at)}.`,
    links: [
      { to: first.at, label: `${quoted(first.place)} is ${before!} here, before the message` },
      { to: second.at, label: `and ${after!} here, after it` },
    ],
  };
}

/** Whether the same two places also meet in no order, by another way. */
function isOpen(t: Telling, first: Event, second: Event): boolean {
  return t.cx
    .get(conflictsAt)(first.at)
    .some(
      (each) =>
        each.excuse === null && (sameMark(each.first.at, second.at) || sameMark(each.second.at, second.at)),
    );
}

/** A handler, or a function that runs in a later turn; null where nothing is known of what it comes after. */
export function receiving(t: Telling, events: readonly Event[]): Story | null {
  const turns = [...new Set(events.map(({ turn }) => turn))];
  const { byTurn } = t.cx.get(messages);
  const sends = onePerMark(turns.flatMap((turn) => (byTurn.get(turn) ?? []).map(({ send }) => send)));
  if (turns.some((turn) => t.program.turns[turn]!.kind === 'handler'))
    return handling(t, events, turns, sends);
  // What arrives later in the turn belongs to its awaits.
  const into = events.flatMap(({ turn, id }) =>
    (t.cx.get(edgesInto).get(turn) ?? []).filter(({ to }) => to.event <= id),
  );
  const exits = into.filter(({ why }) => why === 'agent-exit');
  if (exits.length > 0) return afterExit(t, exits);
  const promises = into.filter(({ why }) => why === 'promise');
  if (promises.length > 0) return reacting(t, events, promises);
  return turns.some((turn) => t.program.turns[turn]!.kind === 'timer') ? later(t, events) : null;
}

function handling(
  t: Telling,
  events: readonly Event[],
  turns: readonly number[],
  sends: readonly Event[],
): Story {
  const senders = whoAll(t.program, sends);
  const visible = carried(t, sends, turns);
  return {
    title:
      sends.length === 0
        ? 'This handler waits for messages'
        : `This handler runs for messages from ${senders}`,
    sentences: [
      sends.length === 0
        ? 'No code in sight sends the messages that it handles, so nothing is known to come before it.'
        : `Each message is sent by ${quoted(sends[0]!.via)} ${few(sends.map(({ at }) => where(t, at)))}.`,
      sends.length === 0
        ? null
        : `Everything ${senders} did before it happens before this handler (ECMA-262, “host-synchronizes-with”: receiving a message).`,
      visible?.sentence ?? null,
      `It runs in a turn of its own: no other turn of ${whoAll(t.program, events)} runs at the same time, but other agents do.`,
    ],
    links: [
      ...sends.map((send) => ({ to: send.at, label: `${who(t.program, send.agent)} sends it here` })),
      ...(visible?.links ?? []),
    ],
    lesson: '04-publication',
  };
}

function afterExit(t: Telling, exits: readonly Edge[]): Story {
  const agents = agentsEnding(t, exits);
  const names = list(agents.map(({ name }) => name));
  return {
    title: `This runs once ${names} has ended`,
    sentences: [
      `Everything ${names} did happens before this function (ECMA-262, “host-synchronizes-with”: the end of an agent).`,
      `So what it wrote to shared memory is complete here and can be read plainly, as long as no other agent writes it.`,
    ],
    links: endLinks(agents),
    lesson: '01-first-race',
  };
}

type Ending = Telling['program']['agents'][number];

function agentsEnding({ program }: Telling, exits: readonly Edge[]): Ending[] {
  return [...new Set(exits.map(({ from }) => program.turns[from.turn]!.agent))].map(
    (id) => program.agents[id]!,
  );
}

function endLinks(agents: readonly Ending[]): LinkTo[] {
  return agents.flatMap(({ spawnedAt, name }) =>
    spawnedAt === null ? [] : [{ to: spawnedAt, label: `${name} is started here` }],
  );
}

function reacting(t: Telling, events: readonly Event[], promises: readonly Edge[]): Story {
  const { sentence, links } = resolutions(t, promises);
  return {
    title: 'This runs once the promise is settled',
    sentences: [
      sentence,
      `It runs in a turn of its own: other turns of ${whoAll(t.program, events)} may run before it.`,
    ],
    links,
    lesson: null,
  };
}

/** Where a promise is resolved, and through which message from another agent that is reached. */
export function resolutions(t: Telling, edges: readonly Edge[]): { sentence: string; links: LinkTo[] } {
  const { byTurn } = t.cx.get(messages);
  const turns = [...new Set(edges.map(({ from }) => from.turn))];
  const sends = onePerMark(turns.flatMap((turn) => (byTurn.get(turn) ?? []).map(({ send }) => send)));
  const handlers = handlersOf(
    t,
    turns.filter((turn) => byTurn.has(turn)),
  );
  const exits = edges.flatMap(({ from }) =>
    (t.cx.get(edgesInto).get(from.turn) ?? []).filter(
      ({ why, to }) => why === 'agent-exit' && to.event <= from.event,
    ),
  );
  if (exits.length > 0) return ended(t, exits);
  if (sends.length === 0) {
    const places = turns.map((turn) => t.program.turns[turn]!).flatMap(({ at }) => (at === null ? [] : [at]));
    const from =
      places.length === 0 ? '' : ` in the turn that is set up ${few(places.map((at) => where(t, at)))}`;
    return {
      sentence: `The promise is resolved${from}: what was done there happens before what follows here (ECMA-262, “happens-before”).`,
      links: places.map((to) => ({ to, label: 'the turn that resolves the promise' })),
    };
  }
  const senders = whoAll(t.program, sends);
  return {
    sentence: `The promise is resolved by the message handler ${few(handlers.map((at) => where(t, at)))}, which runs for what ${senders} sends ${few(sends.map(({ at }) => where(t, at)))}: everything ${senders} did before that happens before what follows here (ECMA-262, “happens-before”).`,
    links: [
      ...handlers.map((to) => ({ to, label: 'the handler that resolves the promise' })),
      ...sends.map((send) => ({
        to: send.at,
        label: `${who(t.program, send.agent)} sends the message here`,
      })),
    ],
  };
}

/** The promise waits for the end of a worker. */
export function ended(t: Telling, exits: readonly Edge[]): { sentence: string; links: LinkTo[] } {
  const agents = agentsEnding(t, exits);
  const names = list(agents.map(({ name }) => name));
  return {
    sentence: `It goes on once ${names} has ended: everything ${names} did happens before what follows here (ECMA-262, “host-synchronizes-with”: the end of an agent).`,
    links: endLinks(agents),
  };
}

function later(t: Telling, events: readonly Event[]): Story {
  const name = whoAll(t.program, events);
  return {
    title: 'This runs in a later turn',
    sentences: [
      `What ${name} did up to here happens before it (ECMA-262, “is-agent-order-before”).`,
      'Other turns may run in between, and other agents run beside it: a timer orders nothing with them.',
    ],
    links: [],
    lesson: null,
  };
}

export function spawning(t: Telling, events: readonly Event[]): Story {
  const [event] = events;
  const { program } = t;
  const agents = program.agents.filter(
    ({ spawnedAt }) => spawnedAt !== null && sameMark(spawnedAt, event!.at),
  );
  const entries = [...new Set(agents.flatMap(({ entry }) => (entry === null ? [] : [entry])))];
  const starter = whoAll(program, events);
  const unknown = program.unknown.find(({ at }) => sameMark(at, event!.at));
  const names = list(entries.map((entry) => quoted(baseName(entry))));
  const many = agents.some((agent) => agent.many);
  return {
    title:
      entries.length === 0
        ? 'This starts a worker whose code is not in sight'
        : `This starts ${names} as a new agent`,
    sentences: [
      unknown === undefined
        ? null
        : `${capital(unknown.why)}, so what the worker reads and writes is not known.`,
      `Everything ${starter} did before this line happens before the worker's first line (ECMA-262, “host-synchronizes-with”: starting an agent).`,
      'What comes after this line runs beside the worker, in no order with it but by messages, Atomics or locks.',
      many
        ? 'The place is reached more than once, so several instances may live at once and race with one another.'
        : agents.length > 1
          ? `It is reached in ${agents.length} ways, each of which starts a worker of its own.`
          : null,
    ],
    links: entries.map((file) => ({
      to: { file, start: 0, end: 0 },
      label: 'the code that the worker runs',
    })),
    lesson: '01-first-race',
  };
}

export function joining(t: Telling, events: readonly Event[]): Story {
  // The end of the worker arrives where the promise is awaited: at the nearest place behind the call.
  const exits = events.flatMap(({ turn, id }) => {
    const behind = (t.cx.get(edgesInto).get(turn) ?? []).filter(
      ({ why, to }) => why === 'agent-exit' && to.event > id,
    );
    const nearest = Math.min(...behind.map(({ to }) => to.event));
    return behind.filter(({ to }) => to.event === nearest);
  });
  const agents = agentsEnding(t, exits);
  const names = agents.length === 0 ? 'the worker' : list(agents.map(({ name }) => name));
  return {
    title: `This ends ${names}`,
    sentences: [
      exits.length === 0
        ? `Its promise is not awaited in sight, so nothing here comes after what ${names} does.`
        : `Everything ${names} did happens before what follows the ${quoted('await')} of this (ECMA-262, “host-synchronizes-with”: the end of an agent).`,
      'The worker may stop at any point, in the middle of an update too.',
    ],
    links: endLinks(agents),
    lesson: '01-first-race',
  };
}
