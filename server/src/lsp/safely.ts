import { LSPErrorCodes, ResponseError, type CancellationToken } from 'vscode-languageserver';
import { Cancelled } from '../base/cancel.ts';

export interface FaultLog {
  /** The client's output channel. */
  log(text: string): void;
  /** A message that the reader sees. */
  tell(text: string): void;
}

/** Runs a handler; see `createSafely`. */
export type Safely = <T>(
  fn: () => T | Promise<T>,
  fallback: T,
  token?: CancellationToken,
) => Promise<T | ResponseError<never>>;

/**
 * One wrapper around all handlers. A cancelled request is answered as cancelled; a defect gives the fallback, is logged and
 * told once for each distinct message, and the server lives on.
 */
export function createSafely(faults: FaultLog): Safely {
  const known = new Set<string>();
  return async (fn, fallback, token) => {
    if (token?.isCancellationRequested === true) return requestCancelled();
    try {
      return await fn();
    } catch (error) {
      if (error instanceof ResponseError) return error as ResponseError<never>;
      if (error instanceof Cancelled) return requestCancelled();
      const message = error instanceof Error ? error.message : String(error);
      if (!known.has(message)) {
        known.add(message);
        faults.log(error instanceof Error ? (error.stack ?? message) : message);
        faults.tell(`Lockstep had an internal error and goes on without this answer: ${message}`);
      }
      return fallback;
    }
  };
}

export function requestCancelled(): ResponseError<never> {
  return new ResponseError<never>(LSPErrorCodes.RequestCancelled, 'the request was cancelled');
}

/** The text changed while its diagnostics were computed: the client asks again. */
export function askAgain(): ResponseError<{ retriggerRequest: boolean }> {
  return new ResponseError(LSPErrorCodes.ServerCancelled, 'the content changed meanwhile', {
    retriggerRequest: true,
  });
}
