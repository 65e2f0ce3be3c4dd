/** The text of a suppression comment; knows nothing of the editor. */

export interface SuppressionEdit {
  /** A whole line to go above the finding, without its line end; empty when `replaceAbove` is set. */
  readonly insert: string;
  /** The new text of the line above, where that line already is a suppression of the same rule. */
  readonly replaceAbove: string | null;
}

/** One comment per line and rule: a second reason for the same rule takes the place of the first. */
export function suppression(
  line: string,
  above: string | null,
  rule: string,
  reason: string,
): SuppressionEdit {
  const indent = /^\s*/.exec(line)![0];
  const text = `// lockstep-ignore ${rule}: ${reason.replaceAll(/\s+/g, ' ').trim()}`;
  const existing = above === null ? null : /^(\s*)\/\/ lockstep-ignore ([\w-]+):/.exec(above);
  if (existing?.[2] === rule) return { insert: '', replaceAbove: existing[1]! + text };
  return { insert: indent + text, replaceAbove: null };
}
