/** Code with what Lockstep says of it, below the line that it speaks of. */
import type { Block, PanelStrings } from '../../server/src/learn/protocol.ts';
import { post } from './host.ts';
import { fill } from './text.ts';

export function CodeBlock({
  block,
  strings,
}: {
  readonly block: Block & { kind: 'code' };
  readonly strings: PanelStrings;
}) {
  const label = fill(strings.codeOf, block.file);
  return (
    <figure class="listing">
      <figcaption>
        <span class="file">{block.file}</span>
        <button
          type="button"
          class="link"
          aria-label={`${strings.openInEditor}: ${block.file}`}
          onClick={() => post({ type: 'openFile', file: block.file })}
        >
          {strings.openInEditor}
        </button>
      </figcaption>
      <pre class="code" tabIndex={0} role="region" aria-label={label}>
        <code>
          {block.lines.map((html, index) => (
            <>
              <span key={index} class="line" dangerouslySetInnerHTML={{ __html: html === '' ? ' ' : html }} />
              {block.annotations
                .filter((annotation) => annotation.line === index)
                .map((annotation) => (
                  <span key={`${index}-${annotation.start}`} class="finding">
                    <span class="hidden">{strings.finding} </span>
                    <a href={`rule:${annotation.rule}`}>{annotation.rule}</a>
                    {': '}
                    {withCode(annotation.message)}
                  </span>
                ))}
            </>
          ))}
        </code>
      </pre>
    </figure>
  );
}

/** Text in backticks is code. */
function withCode(message: string) {
  return message.split('`').map((text, index) => (index % 2 === 1 ? <code key={index}>{text}</code> : text));
}
