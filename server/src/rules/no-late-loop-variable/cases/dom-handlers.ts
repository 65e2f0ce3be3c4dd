// Handlers of the page: registered in the loop, run when the user clicks.
interface Tab { title: string; open(): void }

export class TabBar {
  #tabs: Tab[];
  #root: HTMLElement;
  onchange: ((tab: Tab) => void) | null = null;

  constructor(root: HTMLElement, tabs: Tab[]) {
    this.#root = root;
    this.#tabs = tabs;
  }

  render(): void {
    for (var i = 0; i < this.#tabs.length; i++) {
      var tab = this.#tabs[i]!;
      var button = document.createElement('button');
      button.textContent = tab.title;
      button.onclick = () => {
        tab.open();
//      ^^^ no-late-loop-variable: `tab` will have its last value when this event handler runs
        this.onchange?.(this.#tabs[i]!);
//                                 ^ no-late-loop-variable: `i` will have its last value
      };
      this.#root.append(button);
    }
  }

  renderWell(): void {
    for (const tab of this.#tabs) {
      const button = document.createElement('button');
      button.onclick = () => tab.open(); // ok: each round has its own
      button.addEventListener('blur', () => button.classList.remove('active')); // ok: each round has its own
      this.#root.append(button);
    }
  }
}

export function oldStyle(list: HTMLElement, rows: { id: string }[]): void {
  for (var index in rows) {
    var row = rows[index]!;
    (function (captured) {
      list.addEventListener('click', () => list.append(captured.id)); // ok: a copy of the round's value
    })(row);
    list.addEventListener('keydown', function () { list.append(row.id); });
//                                                             ^^^ no-late-loop-variable: `row` will have its last value when this event listener runs
  }
}

export function observe(targets: Element[], seen: (target: Element) => void): void {
  let target: Element | undefined;
  while ((target = targets.pop()) !== undefined) {
    const observer = new IntersectionObserver(() => seen(target!));
//                                                       ^^^^^^ no-late-loop-variable: observer callback
    observer.observe(target);
  }
}
