/** The lesson panel in a real browser, under the policy and the themes of the editor. Pictures go to test-results/. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { panelHtml } from '../../client/src/panelHtml.ts';
import { buildLessons } from '../../server/src/learn/build.ts';
import {
  PANEL_STRING_KEYS,
  parseFromPanel,
  type LessonDoc,
  type LessonEntry,
  type RunEvent,
} from '../../server/src/learn/protocol.ts';
import { ROOT } from '../tools/sources.ts';
import { buildPanel, temporaryFolder } from './built.ts';
import { panelWords } from './panelWords.ts';
import { THEMES, type Theme } from './themes.ts';

const CHROMIUM = '/usr/bin/chromium';
const PICTURES = join(ROOT, 'test-results');
const AXE = readFileSync(join(ROOT, 'node_modules/axe-core/axe.min.js'), 'utf8');

const folder = temporaryFolder();
let browser: Browser;
let server: Server;
let address = '';
let script = '';
let index: LessonEntry[] = [];
const lesson = (id: string): LessonDoc =>
  JSON.parse(readFileSync(join(folder.path, `${id}.json`), 'utf8')) as LessonDoc;

describe.skipIf(!existsSync(CHROMIUM) && !process.env['CI'])('the lesson panel', () => {
  beforeAll(async () => {
    mkdirSync(PICTURES, { recursive: true });
    [index, script] = await Promise.all([
      buildLessons(join(ROOT, 'media/lessons'), folder.path),
      buildPanel(folder.path),
    ]);
    server = createServer((request, response) => {
      const file = { '/lesson.js': script, '/panel.css': join(ROOT, 'media/panel.css') }[request.url ?? ''];
      if (file !== undefined) {
        response.setHeader('content-type', file.endsWith('.css') ? 'text/css' : 'text/javascript');
        response.end(readFileSync(file));
        return;
      }
      response.setHeader('content-type', 'text/html');
      const page = {
        script: '/lesson.js',
        style: '/panel.css',
        styleSource: address,
        nonce: 'n1',
        language: 'en',
      };
      response.end(panelHtml(page));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
      ],
    });
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    server.close();
    folder.remove();
  });

  it('is small: its script stays below 150 kB gzipped', () => {
    expect(gzipSync(readFileSync(script)).length).toBeLessThan(150_000);
  });

  describe.each(THEMES)('in the $name theme', (theme) => {
    it.each(['01-first-race', '02-loop-capture', '03-lock-order', '04-publication'])(
      '%s has no serious accessibility fault',
      async (id) => {
        const panel = await openPanel({ theme, id });
        await panel.page
          .getByRole('button', { name: lessonOption(id) })
          .first()
          .click();
        for (const block of lesson(id).blocks) {
          if (block.kind === 'run') await panel.run(block.file, outcomesOf(id, block.file));
        }
        for (const summary of await panel.page.locator('summary').all()) await summary.click();
        expect(await panel.faults()).toEqual([]);
        await panel.page.screenshot({
          path: join(PICTURES, `lesson-${id}-${theme.name}.png`),
          fullPage: true,
        });
        await panel.close();
      },
    );
  });

  it('loads nothing that its policy forbids, and says nothing on the console', async () => {
    const panel = await openPanel({});
    await panel.run('main.ts', { '2000000': 3, '1500000': 7 });
    expect(panel.complaints).toEqual([]);
    await panel.close();
  });

  it('asks before it answers, and remembers the guess', async () => {
    const panel = await openPanel({});
    const answer = panel.page.getByText('looks like one step and is three');
    expect(await answer.count()).toBe(0);
    await panel.page.getByRole('button', { name: /Often less than/ }).click();
    expect(await answer.isVisible()).toBe(true);
    expect(await panel.page.getByText('That is right.').isVisible()).toBe(true);
    expect(await panel.state()).toMatchObject({
      lesson: '01-first-race',
      guesses: { '01-first-race': { '2': 2 } },
    });
    await panel.close();

    const again = await openPanel({
      state: { lesson: '01-first-race', guesses: { '01-first-race': { '2': 0 } } },
    });
    expect(await again.page.getByText('Not so.').isVisible()).toBe(true);
    await again.page.getByRole('button', { name: 'Guess again' }).click();
    expect(await again.page.getByText('looks like one step').count()).toBe(0);
    await again.close();
  });

  it('returns to where the reader was, and to the top of another lesson', async () => {
    const panel = await openPanel({ state: { lesson: '01-first-race', scroll: 700, guesses: {} } });
    expect(await panel.page.evaluate(() => window.scrollY)).toBe(700);
    await panel.send({
      type: 'lesson',
      lesson: lesson('02-loop-capture'),
      index,
      strings: panelWords(),
    });
    expect(await panel.page.evaluate(() => window.scrollY)).toBe(0);
    await panel.close();
  });

  it('can be used by keyboard alone', async () => {
    const panel = await openPanel({});
    const focused = () =>
      panel.page.evaluate(() => {
        const element = document.activeElement;
        const outline = element === null ? '' : getComputedStyle(element).outlineStyle;
        return { name: element?.getAttribute('aria-label') ?? element?.textContent ?? '', outline };
      });
    const tabTo = async (name: RegExp) => {
      for (let presses = 0; presses < 60; presses++) {
        await panel.page.keyboard.press('Tab');
        const now = await focused();
        expect(now.outline, `${now.name} shows its focus`).not.toBe('none');
        if (name.test(now.name)) return;
      }
      throw new Error(`Tab does not reach ${name.source}`);
    };
    await tabTo(/Open in an editor: worker\.ts/);
    await panel.page.keyboard.press('Enter');
    await tabTo(/^Often less than/);
    await panel.page.keyboard.press('Enter');
    await tabTo(/^Run: main\.ts/);
    await panel.page.keyboard.press('Enter');
    await panel.send({ type: 'started', file: 'main.ts' });
    // The button keeps the focus and stops the program now.
    expect((await focused()).name).toBe('Stop: main.ts');
    await panel.page.keyboard.press('Space');
    await tabTo(/^no-plain-shared-update/);
    await panel.page.keyboard.press('Enter');
    await tabTo(/^Next: /);
    await panel.page.keyboard.press('Enter');
    expect(await panel.messages()).toEqual([
      { type: 'ready' },
      { type: 'openFile', file: 'worker.ts' },
      { type: 'run', file: 'main.ts' },
      { type: 'stop' },
      { type: 'openRule', rule: 'no-plain-shared-update' },
      { type: 'openLesson', id: '02-loop-capture' },
    ]);
    for (const message of await panel.messages()) expect(parseFromPanel(message)).not.toBeNull();
    await panel.close();
  });

  it('draws many different numbers as a histogram, and says the sum aloud', async () => {
    const panel = await openPanel({});
    const counts = Object.fromEntries(
      Array.from({ length: 40 }, (_, at) => [String(1_000_000 + at * 20_000), 1]),
    );
    await panel.run('main.ts', { ...counts, '2000000': 10 });
    const rows = panel.page.locator('.run').first().locator('tbody tr');
    const labels = (await rows.locator('th').allTextContents()).map((label) =>
      label.replaceAll('\u202f', ' '),
    );
    expect(labels.at(0)).toBe('1 000 000 – 1 099 999');
    expect(labels.at(-1)).toBe('2 000 000');
    expect(await rows.locator('.kind').last().textContent()).toBe('✓ fine');
    const status = panel.page.locator('.run').first().getByRole('status');
    expect(await status.textContent()).toBe('50 trials · 40 harm · 10 fine · Ended after 0.3 seconds');
    await panel.close();
  });

  it('says that a run in which nothing went wrong proves nothing', async () => {
    const panel = await openPanel({});
    await panel.run('main.ts', { '2000000': 50 });
    expect(await panel.page.getByText('That proves nothing').isVisible()).toBe(true);
    await panel.close();
  });

  it('says how a run ended that did not end well', async () => {
    const panel = await openPanel({});
    const status = panel.page.locator('.run').first().getByRole('status');
    const ends: readonly [RunEvent & { type: 'end' }, string][] = [
      [{ type: 'end', reason: 'stopped', message: '', milliseconds: 10 }, 'Stopped'],
      [
        { type: 'end', reason: 'timeout', message: '', milliseconds: 10_000 },
        'The program did not end and was stopped after 10.0 seconds',
      ],
      [
        { type: 'end', reason: 'failed', message: 'no worker', milliseconds: 10 },
        'The program failed: no worker',
      ],
    ];
    for (const [event, text] of ends) {
      await panel.send({ type: 'started', file: 'main.ts' });
      await panel.send({ type: 'run', file: 'main.ts', event });
      expect(await status.textContent()).toBe(text);
    }
    await panel.close();
  });

  it('ignores what is not a message of the client', async () => {
    const panel = await openPanel({});
    await panel.send({ type: 'run', file: 'main.ts', event: { type: 'tally', counts: { x: '<b>' } } });
    await panel.send({ type: 'lesson', lesson: { id: 'evil' } });
    expect(await panel.page.locator('h1').textContent()).toBe('One counter, two workers');
    expect(panel.complaints).toEqual([]);
    await panel.close();
  });

  it('shows outcomes as text, never as markup', async () => {
    const panel = await openPanel({});
    await panel.run('main.ts', { '<img src=x onerror=alert(1)>': 1 });
    expect(await panel.page.locator('.run img').count()).toBe(0);
    expect(await panel.page.getByText('<img src=x onerror=alert(1)>').isVisible()).toBe(true);
    await panel.close();
  });

  it.each(['01-first-race', '03-lock-order'])('%s fits a narrow panel at 200 % zoom', async (id) => {
    // A panel of 760 pixels at 200 % has 380 to lay out.
    const panel = await openPanel({ id, width: 380 });
    for (const block of lesson(id).blocks) {
      if (block.kind === 'run') await panel.run(block.file, outcomesOf(id, block.file));
    }
    const overflow = await panel.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBe(0);
    await panel.page.screenshot({ path: join(PICTURES, `lesson-${id}-narrow.png`), fullPage: true });
    await panel.close();
  });

  it('stands still for whoever asked for less motion', async () => {
    for (const [classes, animation] of [
      ['vscode-dark', 'turn'],
      ['vscode-dark vscode-reduce-motion', 'none'],
    ] as const) {
      const panel = await openPanel({ theme: { ...THEMES[0]!, classes } });
      await panel.send({ type: 'started', file: 'main.ts' });
      const name = await panel.page.evaluate(
        () => getComputedStyle(document.querySelector('.busy')!).animationName,
      );
      expect(name).toBe(animation);
      await panel.close();
    }
  });
});

it('knows every word that the panel says', () => {
  expect(Object.keys(panelWords()).sort()).toEqual([...PANEL_STRING_KEYS].sort());
});

interface Panel {
  readonly page: Page;
  /** Errors, warnings and refusals on the console. */
  readonly complaints: string[];
  send(message: unknown): Promise<void>;
  /** A run from its start to its end. */
  run(file: string, counts: Readonly<Record<string, number>>): Promise<void>;
  messages(): Promise<unknown[]>;
  state(): Promise<unknown>;
  faults(): Promise<string[]>;
  close(): Promise<void>;
}

async function openPanel({
  theme = THEMES[0]!,
  id = '01-first-race',
  state = null,
  width = 900,
}: {
  readonly theme?: Theme;
  readonly id?: string;
  readonly state?: unknown;
  readonly width?: number;
}): Promise<Panel> {
  const context: BrowserContext = await browser.newContext({ viewport: { width, height: 900 } });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() !== 'info' && message.type() !== 'log') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.addInitScript(
    ({ classes, variables, saved }) => {
      const sent: unknown[] = [];
      let kept: unknown = saved;
      Object.assign(window, {
        sent,
        kept: () => kept,
        acquireVsCodeApi: () => ({
          postMessage: (message: unknown) => sent.push(message),
          getState: () => kept,
          setState: (next: unknown) => {
            kept = next;
          },
        }),
      });
      document.addEventListener('DOMContentLoaded', () => {
        for (const [name, value] of Object.entries(variables)) {
          document.documentElement.style.setProperty(`--vscode-${name}`, value);
        }
        document.body.className = classes;
      });
    },
    { classes: theme.classes, variables: theme.variables, saved: state },
  );
  await page.goto(address);
  // Not by frames: a page that nobody looks at may be given none. The renderer works in microtasks.
  const settled = () => page.evaluate(() => new Promise<void>((resolve) => setTimeout(resolve, 0)));
  const send = async (message: unknown) => {
    await page.evaluate((data) => window.dispatchEvent(new MessageEvent('message', { data })), message);
    await settled();
  };
  await send({ type: 'lesson', lesson: lesson(id), index, strings: panelWords() });
  await page.locator('h1').waitFor();
  return {
    page,
    complaints,
    send,
    run: async (file, counts) => {
      await send({ type: 'started', file });
      await send({ type: 'run', file, event: { type: 'tally', counts } });
      await send({
        type: 'run',
        file,
        event: { type: 'end', reason: 'done', message: '', milliseconds: 321 },
      });
    },
    messages: () => page.evaluate(() => (window as unknown as { sent: unknown[] }).sent),
    state: () => page.evaluate(() => (window as unknown as { kept: () => unknown }).kept()),
    faults: async () => {
      await page.evaluate(AXE);
      return page.evaluate(async () => {
        const axe = (window as unknown as { axe: Axe }).axe;
        const { violations } = await axe.run();
        return violations
          .filter(({ impact }) => impact !== 'minor')
          .flatMap(({ id: rule, nodes }) =>
            nodes.map((node) => `${rule}: ${node.html} ${node.failureSummary}`),
          );
      });
    },
    close: () => context.close(),
  };
}

interface Axe {
  run(): Promise<{
    violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
  }>;
}

/** The first right option of the first prediction, as its button is called. */
function lessonOption(id: string): RegExp {
  const block = lesson(id).blocks.find((each) => each.kind === 'predict');
  if (block?.kind !== 'predict') throw new Error(`${id} has no prediction`);
  const text = block.options.find((option) => option.right)!.html.replaceAll(/<[^>]*>/g, '');
  return new RegExp(text.slice(0, 20).replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
}

/** Outcomes as a real run has them, harm included. */
function outcomesOf(id: string, file: string): Record<string, number> {
  const real: Record<string, Record<string, number>> = {
    '01-first-race/main.ts': {
      '1034412': 2,
      '1093031': 5,
      '1121001': 3,
      '1180777': 9,
      '1204001': 8,
      '1300500': 4,
      '1370112': 3,
      '1377777': 2,
      '1402000': 1,
      '1511111': 3,
      '1600003': 2,
      '1793000': 1,
      '2000000': 7,
    },
    '01-first-race/solution/main.ts': { '2000000': 50 },
    '02-loop-capture/main.ts': { 'worker 4': 3 },
    '02-loop-capture/solution/main.ts': { 'worker 1': 1, 'worker 2': 1, 'worker 3': 1 },
    '03-lock-order/main.ts': { 'both letters are written': 29, 'each held what the other one wanted': 11 },
    '03-lock-order/solution/main.ts': { 'both letters are written': 40 },
    '03-lock-order/again.ts': { refused: 1 },
    '04-publication/main.ts': {
      'neither sees the other': 4512,
      'one sees the other': 995_462,
      'both see each other': 26,
    },
    '04-publication/solution/main.ts': { 'one sees the other': 999_800, 'both see each other': 200 },
    '04-publication/solution/hand-over.ts': { 'the whole letter': 1 },
  };
  return real[`${id}/${file}`] ?? {};
}
