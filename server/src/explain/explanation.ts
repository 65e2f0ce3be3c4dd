import type { Span } from '../base/text.ts';

/** What a hover says: which rule of the memory model applies here and with which other place. Markdown, links as spans. */
export interface Explanation {
  readonly span: Span;
  readonly title: string;
  /** One or more short paragraphs of markdown. */
  readonly text: string;
  /** Other places of the story; the label says what stands there, who shows it puts `file:line` before it. */
  readonly links: readonly { readonly label: string; readonly span: Span }[];
  readonly lesson: string | null;
}

/** A named reason why nothing is reported at a place; the name `reported` says that something is. */
export interface Reason {
  readonly name: string;
  readonly span: Span;
  readonly message: string;
  readonly links: readonly { readonly label: string; readonly span: Span }[];
}
