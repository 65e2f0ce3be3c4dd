/**
 * For: markdown and code to HTML without scripts and without styles: colours are classes, the panel's style sheet has them.
 * In and out: text in, escaped HTML out.
 * Must never know: lessons, files.
 */
import MarkdownIt from 'markdown-it';
import { createCssVariablesTheme, createHighlighter, type ThemedToken } from 'shiki';
import type { Annotation } from './protocol.ts';

export interface Renderer {
  markdown(text: string): string;
  /** Without the paragraph around it. */
  inline(text: string): string;
  /** One string per line. Ranges of annotations are wrapped in `<mark>`. */
  code(text: string, language: string, annotations: readonly Annotation[]): string[];
}

const LANGUAGES = ['ts', 'js', 'json', 'sh', 'go'];

export async function createRenderer(): Promise<Renderer> {
  const theme = createCssVariablesTheme({ name: 'lockstep', variablePrefix: '--', fontStyle: false });
  const highlighter = await createHighlighter({ themes: [theme], langs: LANGUAGES });

  const code: Renderer['code'] = (text, language, annotations) => {
    if (!LANGUAGES.includes(language)) return text.split('\n').map(escapeHtml);
    const { tokens } = highlighter.codeToTokens(text, { lang: language as 'ts', theme: 'lockstep' });
    return tokens.map((line, index) =>
      lineHtml(
        line,
        annotations.filter((annotation) => annotation.line === index),
      ),
    );
  };
  const markdown = new MarkdownIt({
    html: false,
    linkify: false,
    typographer: false,
    highlight: (text, language) =>
      `<pre class="code"><code>${code(text.trimEnd(), language, []).join('\n')}</code></pre>`,
  });
  return {
    markdown: (text) => markdown.render(text),
    inline: (text) => markdown.renderInline(text),
    code,
  };
}

function lineHtml(tokens: readonly ThemedToken[], annotations: readonly Annotation[]): string {
  let html = '';
  let column = 0;
  let marked = false;
  const inside = (at: number) => annotations.some(({ start, end }) => at >= start && at < end);
  const bounds = annotations.flatMap(({ start, end }) => [start, end]);
  for (const token of tokens) {
    const end = column + token.content.length;
    const cuts = [column, ...bounds.filter((at) => at > column && at < end).sort((a, b) => a - b), end];
    for (let piece = 0; piece + 1 < cuts.length; piece++) {
      const from = cuts[piece]!;
      const text = token.content.slice(from - column, cuts[piece + 1]! - column);
      if (inside(from) !== marked) {
        html += marked ? '</mark>' : '<mark>';
        marked = !marked;
      }
      const name = classOf(token);
      html += name === null ? escapeHtml(text) : `<span class="${name}">${escapeHtml(text)}</span>`;
    }
    column = end;
  }
  return marked ? `${html}</mark>` : html;
}

/** `var(--token-keyword)` → `tk-keyword`; the plain foreground needs no class. */
function classOf({ color, content }: ThemedToken): string | null {
  const name = /^var\(--token-([\w-]+)\)$/.exec(color ?? '')?.[1];
  // The grammar calls names of `const` variables constants too; coloured, they would shout.
  if (name === 'constant' && !/^\s*(?:[\d][\w.]*|true|false|null|undefined)\s*$/.test(content)) return null;
  return name === undefined ? null : `tk-${name}`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
