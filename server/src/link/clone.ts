/** The structured clone algorithm, as far as identity goes: shared memory stays shared, the rest is copied. */
import type { Machine } from './machine.ts';
import { join, NONE, object, type Values } from './values.ts';

const MAX_DEPTH = 6;

/** A copy of a value as the receiver sees it; what cannot be cloned is left out. */
export function cloneValue(m: Machine, key: string, values: Values, depth = 0): Values {
  let result: Values = { ...values, objs: [], tags: perWorker(m, values.tags) };
  if (depth > MAX_DEPTH) return result;
  if (depth === 0) m.cloning.clear();
  for (const target of m.objectsOf(values)) {
    const { is } = target;
    switch (is.kind) {
      case 'region':
      case 'wasm-memory':
      case 'port':
      case 'signal':
        result = join(result, object(target.id));
        break;
      case 'lock':
        // A handle of a lock over shared memory; other locks do not survive.
        if (is.api === 'lockstep') result = join(result, object(target.id));
        break;
      case 'view': {
        const buffer = cloneValue(m, key, is.buffer, depth + 1);
        const copy = m.make(`${key}|${target.id}`, () => ({ ...is, buffer }), target.madeAt);
        result = join(result, object(copy.id));
        break;
      }
      case 'arraybuffer':
      case 'array':
      case 'map':
      case 'set':
      case 'object':
      case 'instance': {
        const kind = is.kind === 'instance' ? 'object' : is.kind;
        const id = `${key}|${target.id}`;
        // Each object is copied once, however many ways lead to it.
        const isCopied = m.cloning.has(id);
        const copy = m.make(id, () => ({ kind }), target.madeAt);
        result = join(result, object(copy.id));
        if (isCopied) break;
        m.cloning.add(id);
        for (const [name, value] of target.fields)
          m.heap.setField(copy, name, cloneValue(m, key, value, depth + 1));
        m.heap.addRest(copy, cloneValue(m, key, target.rest, depth + 1));
        break;
      }
      default:
        break;
    }
  }
  return result === NONE ? NONE : result;
}

/** What differs in each round of a loop that starts or addresses workers differs in each worker. */
function perWorker(m: Machine, tags: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (const tag of tags) {
    const isLoop = tag.startsWith('loop:') && m.loops.includes(Number(tag.slice(5)));
    const seen = isLoop ? 'worker' : tag;
    if ((seen === 'worker' || seen.startsWith('ticket:')) && !kept.includes(seen)) kept.push(seen);
  }
  return kept;
}
