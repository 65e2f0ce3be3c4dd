/**
 * For: stack traces with the columns that the author wrote, though the text that runs has more in each line.
 * In and out: `Error.prepareStackTrace` and Node's source maps. A program that sets its own `prepareStackTrace` sees the
 * columns of the instrumented text (its lines are right).
 */
import module from 'node:module';
import { OWN_MAP } from '../sourceMap.ts';
import { apply, propertyOf, RealError } from './real.ts';

const errorToString = propertyOf(RealError.prototype, 'toString').value!;

let own = '';

export function installErrors(shim: string): void {
  own = shim;
  process.setSourceMapsEnabled(true);
  Object.defineProperty(RealError, 'prepareStackTrace', {
    value: prepareStackTrace,
    writable: true,
    configurable: true,
    enumerable: false,
  });
}

function prepareStackTrace(error: Error, trace: NodeJS.CallSite[]): string {
  const head =
    Object.getOwnPropertySymbols(error).some((one) => one.description === 'kIsNodeError') ||
    isNodeError(error)
      ? `${error.name} [${(error as NodeJS.ErrnoException).code ?? ''}]: ${error.message}`
      : safely(() => apply(errorToString, error, []) as string, '<error>');
  return trace.length === 0
    ? head
    : `${head}\n    at ${trace
        .filter((site) => site.getFileName() !== own)
        .map(printFrame)
        .join('\n    at ')}`;
}

/** Classes of Node's errors carry the mark on their prototype. */
function isNodeError(error: Error): boolean {
  for (
    let at: unknown = Object.getPrototypeOf(error);
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at)
  )
    if (Object.getOwnPropertySymbols(at).some((one) => one.description === 'kIsNodeError')) return true;
  return false;
}

function printFrame(site: NodeJS.CallSite): string {
  const text = safely(() => (site as unknown as { toString(): string }).toString(), '<anonymous>');
  const file = site.getFileName();
  const line = site.getLineNumber();
  const column = site.getColumnNumber();
  if (typeof file !== 'string' || line === null || column === null) return text;
  const map = module.findSourceMap(file);
  if (map === undefined || (map.payload as { file?: unknown }).file !== OWN_MAP) return text;
  const entry = map.findEntry(line - 1, column - 1) as { generatedColumn?: number; originalColumn?: number };
  if (entry.originalColumn === undefined || entry.generatedColumn === undefined) return text;
  const wanted = entry.originalColumn + (column - 1 - entry.generatedColumn) + 1;
  const given = `:${line}:${column}`;
  const at = text.lastIndexOf(given);
  return at < 0 ? text : `${text.slice(0, at)}:${line}:${wanted}${text.slice(at + given.length)}`;
}

function safely(run: () => string, otherwise: string): string {
  try {
    return run();
  } catch {
    return otherwise;
  }
}
