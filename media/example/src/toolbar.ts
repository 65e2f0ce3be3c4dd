/** One button per filter, and one to stop. */
import { FILTER_NAMES } from './filters.ts';

export function buildToolbar(
  bar: HTMLElement,
  develop: (filter: string) => void,
  stop: () => void,
): void {
  for (var index = 0; index < FILTER_NAMES.length; index++) {
    const button = document.createElement('button');
    button.textContent = FILTER_NAMES[index];
    button.addEventListener('click', () => {
      develop(FILTER_NAMES[index]);
    });
    bar.append(button);
  }

  const labels = ['Esc', 'Ctrl+.'];
  for (const label of labels) {
    const button = document.createElement('button');
    button.textContent = `Stop (${label})`;
    button.addEventListener('click', () => {
      console.info(`stopped by ${label}`);
      stop();
    });
    bar.append(button);
  }
}
