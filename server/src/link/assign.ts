import type { Pattern } from '../ir/unit.ts';
import { evalExpr } from './eval.ts';
import { frameOf } from './exec.ts';
import type { Frame } from './heap.ts';
import type { Machine } from './machine.ts';
import { elementsOf, getMember, setMember } from './members.ts';
import { regionsOf } from './memory.ts';
import { render } from './render.ts';
import { exactString, join, NONE, number, type Values } from './values.ts';
import { setGlobal } from './globals.ts';

/** Binds a value in a declaration, parameter or assignment. */
export function declarePattern(m: Machine, frame: Frame, pattern: Pattern, value: Values): void {
  switch (pattern.p) {
    case 'var': {
      const owner = frameOf(frame, pattern.id);
      if (owner === null) return;
      m.heap.setCell(owner, pattern.id, value);
      nameRegions(m, value, owner.unit.bindings[pattern.id]?.name ?? '');
      return;
    }
    case 'global':
      setGlobal(m, frame, pattern.at, pattern.name, value);
      return;
    case 'member': {
      const of = evalExpr(m, frame, pattern.of);
      const key = evalExpr(m, frame, pattern.key);
      setMember(
        m,
        frame,
        { at: pattern.at },
        of,
        key,
        value,
        render(frame.unit, { e: 'member', ...pattern, optional: false }),
      );
      nameRegions(m, value, exactString(key) ?? '');
      return;
    }
    case 'default': {
      const fallback = evalExpr(m, frame, pattern.value);
      const mayBeMissing = value === NONE || value.any || value.consts.includes(undefined);
      declarePattern(m, frame, pattern.to, mayBeMissing ? join(value, fallback) : value);
      return;
    }
    case 'object':
      for (const { key, to } of pattern.props) {
        const name = evalExpr(m, frame, key);
        declarePattern(m, frame, to, getMember(m, frame, pattern.at, value, name, ''));
      }
      if (pattern.rest !== null) declarePattern(m, frame, pattern.rest, value);
      return;
    case 'array':
      declareItems(m, frame, pattern, value);
  }
}

function declareItems(
  m: Machine,
  frame: Frame,
  pattern: Extract<Pattern, { p: 'array' }>,
  value: Values,
): void {
  const isIndexed = m
    .objectsOf(value)
    .some((object) => object.is.kind === 'array' || object.is.kind === 'view');
  pattern.items.forEach((item, index) => {
    if (item === null) return;
    const element = isIndexed
      ? getMember(m, frame, pattern.at, value, number(index), '')
      : elementsOf(m, frame, pattern.at, value);
    declarePattern(m, frame, item, element);
  });
  if (pattern.rest !== null) declarePattern(m, frame, pattern.rest, value);
}

/** A shared buffer is called by the first name it gets. */
export function nameRegions(m: Machine, value: Values, name: string): void {
  if (name === '') return;
  for (const object of m.objectsOf(value)) {
    if (object.is.kind === 'region' || object.is.kind === 'signal') m.rename([object.is.region], name);
    if (object.is.kind === 'view') m.rename(regionsOf(m, object), name);
    if (object.is.kind === 'lock') m.renameLock(object.is.lock, name);
  }
}
