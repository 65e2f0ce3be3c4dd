/**
 * For: what this thread has to tell, one JSON object a line, in a file of its own: written at once, so that it is there
 * however the process ends.
 */
import { openSync, propertyOf, RealError, writeSync } from './real.ts';

/** A frame as V8 gives it, in the text that was run: file, line and column (from 1), function. */
export type Frame = readonly [file: string, line: number, column: number, name: string];

export interface Log {
  write(line: object): void;
}

export function openLog(directory: string, thread: number): Log {
  let file = -1;
  return {
    write(line) {
      try {
        if (file < 0) file = openSync(`${directory}/log-${process.pid}-${thread}.jsonl`, 'a');
        writeSync(file, `${JSON.stringify(line)}\n`);
      } catch {
        // A program that has used up its files or its disk loses reports, but runs on as without the detector.
      }
    },
  };
}

/** The frames of the program that lead here, innermost first. */
export function frames(own: string, limit = 24): Frame[] {
  const { stackTraceLimit } = RealError;
  const known = propertyOf(RealError, 'prepareStackTrace').value;
  let result: Frame[] = [];
  try {
    RealError.stackTraceLimit = limit + 6;
    RealError.prepareStackTrace = (_error, sites) => sites.map(frameOf);
    result = new RealError().stack as unknown as Frame[];
  } finally {
    RealError.stackTraceLimit = stackTraceLimit;
    RealError.prepareStackTrace = known as typeof RealError.prepareStackTrace;
  }
  if (!Array.isArray(result)) return [];
  return result.filter(([file]) => file !== own && file !== '' && !file.startsWith('node:')).slice(0, limit);
}

function frameOf(site: NodeJS.CallSite): Frame {
  const method = site.getMethodName();
  const type = site.getTypeName();
  const name = site.getFunctionName();
  const shown = site.isConstructor()
    ? `new ${name ?? 'Object'}`
    : type !== null &&
        type !== 'Object' &&
        type !== 'global' &&
        name !== null &&
        method !== null &&
        !name.includes('.')
      ? `${type}.${name}`
      : (name ?? '');
  return [
    site.getFileName() ?? site.getScriptNameOrSourceURL() ?? '',
    site.getLineNumber() ?? 0,
    site.getColumnNumber() ?? 0,
    shown,
  ];
}
