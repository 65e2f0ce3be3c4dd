/** For: the requests that only our own client makes. The shapes are part of the contract with `client/src/requests.ts`. */
import type { CancellationToken, Range } from 'vscode-languageserver';
import type { Session } from './session.ts';
import { asRecord } from './settings.ts';

/** `lockstep/why`: `{ uri, line }` with the line from 0; or `{ textDocument: { uri }, line }`. */
export interface WhyAnswer {
  readonly reasons: readonly {
    readonly name: string;
    readonly message: string;
    readonly range: Range;
    readonly links: readonly { readonly label: string; readonly uri: string; readonly range: Range }[];
  }[];
}

/** `lockstep/explain`: `{ rule }`. */
export interface ExplainAnswer {
  readonly rule: string;
  readonly markdown: string;
}

/** `lockstep/status`, a notification. */
export interface StatusParams {
  readonly busy: boolean;
  readonly findings: number;
}

export async function why(params: unknown, session: Session, token: CancellationToken): Promise<WhyAnswer> {
  const record = asRecord(params);
  const uri = record['uri'] ?? asRecord(record['textDocument'])['uri'];
  const line = record['line'];
  if (typeof uri !== 'string' || typeof line !== 'number') return { reasons: [] };
  const reasons = await session.on(uri, token, ({ engine, file }, cancelled) => {
    // What the reasons need of other files is computed here, where it can be stopped.
    engine.findings(file, cancelled);
    return engine.why(file, line).map(({ name, message, span, links }) => ({
      name,
      message,
      range: session.lines.range(span),
      links: links.map(({ label, span: at }) => ({ label, ...session.lines.location(at) })),
    }));
  });
  return { reasons: reasons ?? [] };
}

/** null: no such rule. */
export function explain(params: unknown, session: Session): ExplainAnswer | null {
  const { rule } = asRecord(params);
  // The id becomes part of a file name: nothing but the letters of an id may get there.
  if (typeof rule !== 'string' || !/^[a-z0-9-]+$/.test(rule)) return null;
  const markdown = session.host.files.page(rule);
  return markdown === null ? null : { rule, markdown };
}
