/** Shared memory: SharedArrayBuffer, views over it, and what their accesses are as events. */
import type { Bytes } from '../ir/program.ts';
import type { Point } from '../ir/unit.ts';
import { releaseCell } from './claims.ts';
import type { Frame, HeapObject } from './heap.ts';
import type { Machine } from './machine.ts';
import type { Access } from './members.ts';
import { ANY_NUMBER, arithmetic, number, NONE, type Values } from './values.ts';

export const ELEMENT_SIZES: Readonly<Record<string, number>> = {
  Int8Array: 1,
  Uint8Array: 1,
  Uint8ClampedArray: 1,
  Int16Array: 2,
  Uint16Array: 2,
  Float16Array: 2,
  Int32Array: 4,
  Uint32Array: 4,
  Float32Array: 4,
  Float64Array: 8,
  BigInt64Array: 8,
  BigUint64Array: 8,
  DataView: 0,
};

export const WHOLE: Values = { ...NONE, num: { lo: 0, hi: Infinity } };

/** Regions that a view may look at. */
export function regionsOf(m: Machine, view: HeapObject): number[] {
  if (view.is.kind !== 'view') return [];
  return m
    .objectsOf(view.is.buffer)
    .flatMap((buffer) => (buffer.is.kind === 'region' ? [buffer.is.region] : []));
}

/** The bytes of elements `index` of a view, as far as they are known. */
export function bytesOf(view: HeapObject, index: Values, size: number): Bytes {
  if (view.is.kind !== 'view') return { low: 0, high: Infinity, exact: false, distinct: null };
  const { is } = view;
  const scale = is.size === 0 ? 1 : size;
  // An access outside the view touches no memory: `x[-1]` is a property, `x[length]` is undefined.
  const { lo: first, hi: last } = index.num ?? ANY_NUMBER;
  const bound = is.length === null ? Infinity : is.length - 1;
  const inside: Values = {
    ...index,
    num: { lo: Math.max(0, first), hi: Math.max(0, Math.min(last, bound)) },
  };
  const start = arithmetic('+', is.offset, arithmetic('*', inside, number(scale)));
  const { lo, hi } = start.num ?? ANY_NUMBER;
  const distinct = start.tags.some((tag) => tag === 'worker')
    ? 'worker'
    : start.tags.some((tag) => tag.startsWith('ticket:'))
      ? 'ticket'
      : null;
  return { low: Math.max(0, lo), high: hi + size, exact: lo === hi, distinct };
}

export function readView(
  m: Machine,
  frame: Frame,
  at: Point,
  view: HeapObject,
  index: Values,
  place: string,
): Values {
  if (view.is.kind !== 'view') return NONE;
  return read(m, frame, at, view, index, view.is.size, place, { atomic: false, via: '' });
}

export interface How {
  readonly atomic: boolean;
  readonly via: string;
}

export function read(
  m: Machine,
  frame: Frame,
  at: Point,
  view: HeapObject,
  index: Values,
  size: number,
  place: string,
  how: How,
): Values {
  const tags: string[] = [];
  const bytes = bytesOf(view, index, size);
  for (const region of regionsOf(m, view)) {
    const event = m.emit(
      frame,
      at,
      'read',
      { region, bytes, place: placeOf(m, region, place), ...how },
      String(region),
    );
    m.reads.set(event, { region, bytes });
    tags.push(`read:${event}`);
  }
  return { ...NONE, num: ANY_NUMBER, tags };
}

export function writeView(
  m: Machine,
  frame: Frame,
  access: Access,
  view: HeapObject,
  index: Values,
  value: Values,
  place: string,
): void {
  if (view.is.kind !== 'view') return;
  write(m, frame, access.update ?? access.at, view, index, view.is.size, value, place, {
    atomic: false,
    via: '',
  });
}

export function write(
  m: Machine,
  frame: Frame,
  at: Point,
  view: HeapObject,
  index: Values,
  size: number,
  value: Values,
  place: string,
  how: How,
): void {
  const bytes = bytesOf(view, index, size);
  for (const region of regionsOf(m, view)) {
    releaseCell(m, frame, at, region, bytes, how);
    const from = updateOf(m, value, region, bytes);
    m.emit(
      frame,
      at,
      'write',
      { region, bytes, place: placeOf(m, region, place), from, ...how },
      String(region),
    );
  }
}

/** The event that read the same cell and that the written value depends on; null when it does not. */
export function updateOf(m: Machine, value: Values, region: number, bytes: Bytes): number | null {
  for (const tag of value.tags) {
    if (!tag.startsWith('read:') && !tag.startsWith('cas:')) continue;
    const event = Number(tag.slice(tag.indexOf(':') + 1));
    const from = m.reads.get(event);
    if (from?.region !== region) continue;
    if (from.bytes.low === bytes.low && from.bytes.high === bytes.high)
      return m.eventOfKey.get(event) ?? null;
  }
  return null;
}

/** What a reader calls the cell; the buffer's name where no place is written. */
export function placeOf(m: Machine, region: number, place: string): string {
  return place === '' ? m.regions[region]!.name : place;
}
