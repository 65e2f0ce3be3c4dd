/**
 * The classic shapes of the literature (Alglave, Maranget: "diy" names), on bytes so that the slow reference ends, with every
 * access either atomic or plain: bit `n` of `annotation` makes the n-th load or store of the shape atomic.
 */
import { cas, load, notify, program, rmw, store, wait, when } from '../../server/src/explore/build.ts';
import type { Detail } from '../../server/src/explore/build.ts';
import type { ElementType, Load, Op, Program } from '../../server/src/explore/program.ts';

export interface Shape {
  readonly name: string;
  /** Loads and stores that can be either. */
  readonly accesses: number;
  build(annotation: number, type?: ElementType): Program;
}

type Make = (
  w: (loc: string, value: number) => Op,
  r: (loc: string, reg: string) => Op,
  detail: Detail,
) => readonly (readonly Op[])[];

const shape = (name: string, accesses: number, finals: readonly string[], make: Make): Shape => ({
  name,
  accesses,
  build(annotation, type = 'u8') {
    let next = 0;
    const detail = (): Detail => ({ type, order: (annotation >> next++) & 1 ? 'sc' : 'un' });
    const threads = make(
      (loc, value) => store(loc, value, detail()),
      (loc, reg) => load(loc, reg, detail()),
      { type },
    );
    if (next !== accesses) throw new Error(`${name} has ${next} accesses`);
    const final = finals.map((loc): Load => load(loc, `end_${loc}`, { type }));
    return program(`${name}.${annotation.toString(2).padStart(accesses, '0')}`, threads, { final });
  },
});

export const SHAPES: readonly Shape[] = [
  shape('SB', 4, [], (w, r) => [
    [w('x', 1), r('y', 'r0')],
    [w('y', 1), r('x', 'r1')],
  ]),
  shape('MP', 4, [], (w, r) => [
    [w('x', 1), w('y', 1)],
    [r('y', 'r0'), r('x', 'r1')],
  ]),
  shape('LB', 4, [], (w, r) => [
    [r('x', 'r0'), w('y', 1)],
    [r('y', 'r1'), w('x', 1)],
  ]),
  shape('S', 4, ['x'], (w, r) => [
    [w('x', 2), w('y', 1)],
    [r('y', 'r0'), w('x', 1)],
  ]),
  shape('R', 4, ['y'], (w, r) => [
    [w('x', 1), w('y', 1)],
    [w('y', 2), r('x', 'r0')],
  ]),
  shape('2+2W', 4, ['x', 'y'], (w) => [
    [w('x', 1), w('y', 2)],
    [w('y', 1), w('x', 2)],
  ]),
  shape('WRC', 5, [], (w, r) => [[w('x', 1)], [r('x', 'r0'), w('y', 1)], [r('y', 'r1'), r('x', 'r2')]]),
  shape('RWC', 5, [], (w, r) => [[w('x', 1)], [r('x', 'r0'), r('y', 'r1')], [w('y', 1), r('x', 'r2')]]),
  shape('WWC', 5, ['x'], (w, r) => [[w('x', 2)], [r('x', 'r0'), w('y', 1)], [r('y', 'r1'), w('x', 1)]]),
  shape('IRIW', 6, [], (w, r) => [
    [w('x', 1)],
    [w('y', 1)],
    [r('x', 'r0'), r('y', 'r1')],
    [r('y', 'r2'), r('x', 'r3')],
  ]),
  shape('ISA2', 6, [], (w, r) => [
    [w('x', 1), w('y', 1)],
    [r('y', 'r0'), w('z', 1)],
    [r('z', 'r1'), r('x', 'r2')],
  ]),
  shape('W+RWC', 6, [], (w, r) => [
    [w('x', 1), w('y', 1)],
    [r('y', 'r0'), r('z', 'r1')],
    [w('z', 1), r('x', 'r2')],
  ]),
  shape('3.SB', 6, [], (w, r) => [
    [w('x', 1), r('y', 'r0')],
    [w('y', 1), r('z', 'r1')],
    [w('z', 1), r('x', 'r2')],
  ]),
  shape('3.LB', 6, [], (w, r) => [
    [r('x', 'r0'), w('y', 1)],
    [r('y', 'r1'), w('z', 1)],
    [r('z', 'r2'), w('x', 1)],
  ]),
  shape('CoRR', 3, [], (w, r) => [[w('x', 1)], [r('x', 'r0'), r('x', 'r1')]]),
  shape('CoRR2', 6, [], (w, r) => [
    [w('x', 1)],
    [w('x', 2)],
    [r('x', 'r0'), r('x', 'r1')],
    [r('x', 'r2'), r('x', 'r3')],
  ]),
  shape('CoWW', 2, ['x'], (w) => [[w('x', 1), w('x', 2)]]),
  shape('CoRW1', 2, ['x'], (w, r) => [[r('x', 'r0'), w('x', 1)]]),
  shape('CoRW2', 3, ['x'], (w, r) => [[r('x', 'r0'), w('x', 1)], [w('x', 2)]]),
  shape('CoWR', 3, ['x'], (w, r) => [[w('x', 1), r('x', 'r0')], [w('x', 2)]]),
  shape('CoWR2', 4, ['x'], (w, r) => [
    [w('x', 1), r('x', 'r0')],
    [w('x', 2), r('x', 'r1')],
  ]),
  shape('SB+rmws', 4, [], (w, r, t) => [
    [w('x', 1), rmw('add', 'f', 0, null, t), r('y', 'r0')],
    [w('y', 1), rmw('add', 'f', 0, null, t), r('x', 'r1')],
  ]),
  shape('MP+rmw', 3, [], (w, r, t) => [
    [w('x', 1), rmw('xchg', 'y', 1, null, t)],
    [r('y', 'r0'), r('x', 'r1')],
  ]),
  shape('PPO', 4, [], (w, r, t) => [
    [w('x', 1), w('y', 1)],
    [r('y', 'r0'), when({ reg: 'r0' }, '==', 1, [store('z', 1, t)]), load('z', 'r1', t), r('x', 'r2')],
  ]),
  shape('CAS fails', 2, [], (w, r, t) => [
    [w('x', 1), cas('z', 42, 42, null, t), r('y', 'r0')],
    [store('y', 1, t), cas('z', 42, 42, null, t), load('x', 'r1', t)],
  ]),
];

/** Shapes times annotations. */
export function* annotated(type?: ElementType): Generator<Program> {
  for (const one of SHAPES) {
    for (let annotation = 0; annotation < 1 << one.accesses; annotation++) yield one.build(annotation, type);
  }
}

/** The shape with every load and store atomic. */
export function allAtomic(name: string, type: ElementType = 'i32'): Program {
  const one = SHAPES.find((candidate) => candidate.name === name)!;
  return one.build((1 << one.accesses) - 1, type);
}

/** Accesses of different widths to the same bytes, and other programs that chance draws too rarely. */
export const SPECIAL: readonly Program[] = [
  program('MP mixed', [
    [store('x', 1, { type: 'u8' }), store('x', 0x0101, { type: 'u16', order: 'sc' })],
    [load('x', 'r0', { type: 'u16', order: 'sc' }), load('x', 'r1', { type: 'u8', offset: 1 })],
  ]),
  program('SB mixed', [
    [store('x', 1, { type: 'u8', order: 'sc' }), load('x', 'r0', { type: 'u16', order: 'sc' })],
    [store('x', 1, { type: 'u8', offset: 1, order: 'sc' }), load('x', 'r1', { type: 'u16', order: 'sc' })],
  ]),
  program('two bytes, one word', [
    [store('x', 1, { type: 'u8', order: 'sc' })],
    [store('x', 1, { type: 'u8', offset: 1, order: 'sc' })],
    [load('x', 'r0', { type: 'u16', order: 'sc' })],
    [load('x', 'r1', { type: 'u16', order: 'sc' })],
  ]),
  // A byte of zeros that another write may have made as well: it counts once happens-before has overwritten the first.
  program('zeros twice', [
    [load('g', 'r1', { type: 'u8', order: 'sc' }), load('x', 'r2', { type: 'u16', order: 'sc' })],
    [load('f', 'r0', { type: 'u8', order: 'sc' }), store('g', 1, { type: 'u8', order: 'sc' })],
    [store('x', 0, { type: 'u8' }), store('f', 1, { type: 'u8', order: 'sc' })],
  ]),
  // In 2017 an atomic read of nothing but init synchronized with init; one byte from elsewhere made it weaker.
  program('SB, zeros twice', [
    [store('x', 0x0100, { type: 'u16' })],
    [store('x', 2, { type: 'u16', order: 'sc' }), load('y', 'r0', { type: 'u8', order: 'sc' })],
    [store('y', 1, { type: 'u8', order: 'sc' }), load('x', 'r1', { type: 'u16', order: 'sc' })],
  ]),
  // Who sleeps on 0 is on the list before who sleeps on 1.
  program('first in, first out', [
    [wait('t', 0, 'w0')],
    [wait('t', 1, 'w1')],
    [store('t', 1, { order: 'sc' }), notify('t', 1, 'n')],
  ]),
];
