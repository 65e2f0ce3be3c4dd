/** A question that is answered before the answer can be read. */
import { useRef } from 'preact/hooks';
import type { Block, PanelStrings } from '../../server/src/learn/protocol.ts';

export function Predict({
  block,
  chosen,
  choose,
  strings,
}: {
  readonly block: Block & { kind: 'predict' };
  readonly chosen: number | null;
  readonly choose: (option: number | null) => void;
  readonly strings: PanelStrings;
}) {
  const section = useRef<HTMLElement>(null);
  const right = chosen !== null && block.options[chosen]?.right === true;
  const mark = (index: number, isRight: boolean) => {
    if (chosen === null) return null;
    const words = [isRight ? strings.rightOption : '', index === chosen ? strings.yourGuess : ''];
    const text = words.filter((word) => word !== '').join(', ');
    return text === '' ? null : <span class="mark">{`${isRight ? '✓' : '✗'} ${text}`}</span>;
  };
  return (
    <section class="predict" ref={section} aria-label={strings.predictFirst}>
      <h2>{strings.predictFirst}</h2>
      <div class="prose" dangerouslySetInnerHTML={{ __html: block.question }} />
      <ul>
        {block.options.map((option, index) => (
          <li key={index}>
            <button
              type="button"
              class={`option ${chosen === null ? '' : option.right ? 'right' : index === chosen ? 'wrong' : 'other'}`}
              aria-pressed={index === chosen}
              aria-disabled={chosen !== null}
              onClick={() => {
                if (chosen === null) choose(index);
              }}
            >
              <span dangerouslySetInnerHTML={{ __html: option.html }} />
              {mark(index, option.right)}
            </button>
          </li>
        ))}
      </ul>
      <div aria-live="polite">
        {chosen === null ? null : (
          <>
            <p class="verdict">{right ? strings.right : strings.wrong}</p>
            <div class="prose" dangerouslySetInnerHTML={{ __html: block.answer }} />
          </>
        )}
      </div>
      {chosen === null ? null : (
        <button
          type="button"
          class="link"
          onClick={() => {
            choose(null);
            // The button that had the focus is about to go: the reader goes back to the question.
            section.current?.querySelector('button')?.focus();
          }}
        >
          {strings.guessAgain}
        </button>
      )}
    </section>
  );
}
