/**
 * For: the product as somebody sees and clicks it: opens the example, reads a hover and the fix menu, works through a lesson.
 * In and out: a running server and a theme in; a result per check out, and pictures in test-results/ to be looked at.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { windowUrl } from './host.mjs';
import { RESULTS } from './prepare.mjs';

/** The file of the example in which workers race with one another, and the only error in it. */
const FILE = 'worker.ts';
const SQUIGGLE = '.editor-instance .squiggly-error';

/**
 * @param {{ server: object, browser: object, folder: string, extension: string, theme: 'light' | 'dark', say: (line: string) => void }} visit
 * @returns {Promise<{ title: string, state: string, durationMs: number, error?: string }[]>}
 */
export async function look({ server, browser, folder, extension, theme, say }) {
  server.writeSettings({
    'editor.minimap.enabled': false,
    'editor.fontSize': 14,
    'window.titleBarStyle': 'custom',
  });
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
  const results = [];
  try {
    // What a page's policy refuses is otherwise only a line in its console.
    await context.addInitScript(() => {
      globalThis.refused = [];
      document.addEventListener('securitypolicyviolation', (event) => {
        globalThis.refused.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`);
      });
    });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    await page.goto(windowUrl(server, { folder, extension }));
    for (const [name, step] of Object.entries(STEPS)) {
      results.push(await check(page, `${name} (${theme})`, () => step(page, theme), say));
    }
  } finally {
    await context.close();
  }
  return results;
}

const STEPS = {
  'underlines the race of the example and lists it': async (page, theme) => {
    await page.locator('.explorer-folders-view .monaco-list-row').first().waitFor();
    await chooseTheme(page, theme);
    await quickOpen(page, FILE);
    await page.locator(SQUIGGLE).first().waitFor();
    await page.keyboard.press('Control+Shift+M');
    const problem = page.locator('.markers-panel .monaco-list-row', { hasText: 'lockstep' }).first();
    await problem.waitFor();
    await picture(page, theme, 'editor');
  },

  'explains the finding on hover': async (page, theme) => {
    await atFinding(page, (x, y) => page.mouse.move(x, y, { steps: 4 }));
    const hover = page.locator('.monaco-hover:not(.hidden) .hover-contents', { hasText: 'lockstep' }).first();
    await hover.waitFor();
    await page.getByText('Loading...').waitFor({ state: 'detached' });
    await picture(page, theme, 'hover');
    // Away with it: it would lie over what comes next.
    await page.mouse.move(640, 5);
    await hover.waitFor({ state: 'hidden' });
  },

  'offers fixes for the finding': async (page, theme) => {
    await atFinding(page, (x, y) => page.mouse.click(x, y));
    await page.keyboard.press('Control+.');
    const fixes = page.locator('.action-widget .monaco-list-row.action');
    await fixes.first().waitFor();
    await page.mouse.move(640, 5);
    await picture(page, theme, 'fix');
    expect((await fixes.count()) > 1, 'more than one entry in the fix menu');
    await page.keyboard.press('Escape');
    await fixes.first().waitFor({ state: 'detached' });
  },

  'opens a lesson that asks before it answers': async (page) => {
    await command(page, 'Lockstep: Open a Lesson');
    const lesson = lessonIn(page);
    await lesson.locator('#lesson h1').waitFor();
    expect((await lesson.locator('.predict .verdict').count()) === 0, 'no answer before the guess');
    await lesson.locator('.predict .option').first().click();
    await lesson.locator('.predict .verdict').first().waitFor();
  },

  'runs the lesson’s program and shows what came of it': async (page, theme) => {
    const lesson = lessonIn(page);
    const run = lesson.locator('.run').first();
    await run.locator('.controls button').click();
    await run.locator('.outcomes tbody tr').first().waitFor();
    await run.locator('.busy').waitFor({ state: 'detached' });
    const status = (await run.locator('[role=status]').textContent()) ?? '';
    expect(/\d/.test(status), `the run says how many trials there were: ${status}`);
    await run.scrollIntoViewIfNeeded();
    await picture(page, theme, 'run');
    await lesson.locator('#lesson h1').scrollIntoViewIfNeeded();
    await picture(page, theme, 'lesson');
    const timeline = lesson.locator('svg[role=img], .timeline').first();
    await timeline.waitFor();
    await timeline.scrollIntoViewIfNeeded();
    await picture(page, theme, 'timeline');
  },

  'has a lesson panel that a screen reader can read, within its policy': async (page) => {
    const frame = await (await lessonIn(page).locator('#lesson').elementHandle()).ownerFrame();
    const refused = await frame.evaluate(() => globalThis.refused);
    expect(refused.length === 0, `nothing is refused by the page’s policy: ${refused.join(', ')}`);
    await frame.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8'));
    const { violations } = await frame.evaluate(() => globalThis.axe.run('#lesson'));
    const lines = violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.target.join(' ')}: ${node.failureSummary.replaceAll(/\s+/g, ' ')}`),
    );
    expect(lines.length === 0, `axe finds nothing: ${lines.join('\n')}`);
  },
};

async function check(page, title, step, say) {
  const started = Date.now();
  try {
    await step();
    const durationMs = Date.now() - started;
    say(`  ✓ ${title} (${durationMs} ms)`);
    return { title, state: 'passed', durationMs };
  } catch (error) {
    const name = `failed-${title.match(/[a-z]+/gi).join('-')}.png`;
    await page.screenshot({ path: join(RESULTS, name) }).catch(() => undefined);
    const text = `${error.stack ?? error}`;
    say(`  ✗ ${title}: test-results/${name}\n    ${text.replaceAll('\n', '\n    ')}`);
    return { title, state: 'failed', durationMs: Date.now() - started, error: text };
  }
}

/** In a browser the theme is no setting of the server's, so it is chosen as a person does. */
async function chooseTheme(page, theme) {
  const wanted = page.locator(`.monaco-workbench.${theme === 'dark' ? 'vs-dark' : 'vs'}`);
  if ((await wanted.count()) === 0) await command(page, 'Preferences: Toggle between Light/Dark Themes');
  await wanted.waitFor();
}

async function quickOpen(page, name) {
  await page.keyboard.press('Control+P');
  const input = page.locator('.quick-input-widget input');
  await input.fill(name);
  await page.locator('.quick-input-list .monaco-list-row', { hasText: name }).first().waitFor();
  await page.keyboard.press('Enter');
  await page.locator('.tab.active', { hasText: name }).waitFor();
}

async function command(page, title) {
  await page.keyboard.press('F1');
  await page.locator('.quick-input-widget input').fill(`>${title}`);
  await page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first().waitFor();
  await page.keyboard.press('Enter');
}

/** Calls `action` with the middle of the first underlined place in view. */
async function atFinding(page, action) {
  const box = await page.locator(SQUIGGLE).first().boundingBox();
  expect(box !== null, 'an underlined place in view');
  await action(box.x + Math.min(box.width / 2, 30), box.y + box.height / 2);
}

function lessonIn(page) {
  return page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame');
}

async function picture(page, theme, name) {
  await page.screenshot({ path: join(RESULTS, `${theme}-${name}.png`), animations: 'disabled' });
}

function expect(truth, what) {
  if (!truth) throw new Error(`not so: ${what}`);
}
