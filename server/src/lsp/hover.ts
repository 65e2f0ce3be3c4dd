import type { CancellationToken, Hover, HoverParams } from 'vscode-languageserver';
import { linkTo } from './convert.ts';
import type { Session } from './session.ts';

/** What the engine explains at this place, with links to the other places of the story. */
export async function hover(
  { textDocument, position }: HoverParams,
  session: Session,
  token: CancellationToken,
): Promise<Hover | null> {
  return session.on(textDocument.uri, token, ({ file, engine }, cancelled) => {
    const { lines, client, options } = session;
    // What an explanation needs of other files is computed here, where it can be stopped.
    engine.findings(file, cancelled);
    const explanation = engine.explain(file, lines.offset(file, position));
    if (explanation === null) return null;
    const { title, text, links, lesson, span } = explanation;
    const places = links.map(({ label, span: at }) => {
      const location = lines.location(at);
      const name = `${decodeURIComponent(location.uri.slice(location.uri.lastIndexOf('/') + 1))}:${location.range.start.line + 1}`;
      return client.markdownHover
        ? `- [${escapeLabel(name)}](${linkTo(location)}) ${label}`
        : `- ${name} ${label}`;
    });
    const parts = [client.markdownHover ? `**${title}**` : title, text];
    if (places.length > 0) parts.push(places.join('\n'));
    if (lesson !== null && options.commands) parts.push(`[Open lesson ${lesson}](${lessonLink(lesson)})`);
    return {
      contents: { kind: client.markdownHover ? 'markdown' : 'plaintext', value: parts.join('\n\n') },
      range: lines.range(span),
    };
  });
}

/** A command link carries its arguments as a percent-encoded JSON array. */
function lessonLink(lesson: string): string {
  return `command:lockstep.openLesson?${encodeURIComponent(JSON.stringify([lesson]))}`;
}

function escapeLabel(name: string): string {
  return name.replaceAll(/[\\[\]]/g, '\\$&');
}
