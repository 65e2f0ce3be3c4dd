/** Names that no file declares: the language's and the host's globals. */
import type { Point } from '../ir/unit.ts';
import type { Frame } from './heap.ts';
import type { Machine } from './machine.ts';
import { moduleObject } from './modules.ts';
import { registerGlobalHandler } from './workers.ts';
import { constant, join, NONE, object, type Values } from './values.ts';

export const SELF = new Set(['self', 'globalThis', 'window', 'global']);

export function globalValue(m: Machine, frame: Frame, name: string): Values {
  switch (name) {
    case '__filename':
      return fileUrl(m, frame.unit.file);
    case '__dirname':
      return m.external(`dirname@${frame.unit.file}`);
    case 'module':
      return moduleObject(m, frame);
    case 'exports': {
      let result: Values = NONE;
      for (const module of m.objectsOf(moduleObject(m, frame)))
        result = join(result, m.heap.field(module, 'exports'));
      return result;
    }
    case 'crossOriginIsolated':
      return { ...NONE, any: true };
    default:
      if (SELF.has(name)) return m.external('self');
      return join(m.heap.field(globalsOf(m), name), m.external(name));
  }
}

/** Variables that an agent's code makes by assigning to an undeclared name or to `globalThis.name`. */
function globalsOf(m: Machine) {
  return m.make(`globals ${m.agent.key}`, () => ({ kind: 'object' }), null);
}

export function setGlobal(m: Machine, frame: Frame, at: Point, name: string, value: Values): void {
  if (!registerGlobalHandler(m, frame, at, name, value)) m.heap.setField(globalsOf(m), name, value);
}

export function metaValue(m: Machine, frame: Frame, name: string): Values {
  return name === 'import.meta' ? m.external(`import.meta@${frame.unit.file}`) : constant(undefined);
}

/** The path or URL of a file. */
export function fileUrl(m: Machine, file: string): Values {
  return object(m.make(`url ${file}|`, () => ({ kind: 'url', path: '', from: file }), null).id);
}

export function relativeUrl(m: Machine, path: string, from: string): Values {
  return object(m.make(`url ${from}|${path}`, () => ({ kind: 'url', path, from }), null).id);
}
