/**
 * For: a real VS Code — workbench in Chromium, extension host in Node — where VS Code itself cannot be downloaded.
 * In and out: a folder and an extension in; a window to look at, or the results of a mocha suite, out.
 * Must never know: what the extension does.
 *
 * The npm package code-server carries VS Code's server and workbench. It is installed into `.host/` of the checkout,
 * never into the project's own node_modules, and needs Node 24, which comes as an npm package as well.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CODE_SERVER = '4.139.1';
const NODE_MAJOR = 24;

/** There can be no host on this machine: `message` says why, `mend` what to do. */
export class NoHost extends Error {
  constructor(message, mend) {
    super(message);
    this.name = 'NoHost';
    this.mend = mend;
  }
}

/**
 * Where the server's parts are; installs them on first use (about 20 s with the network at hand).
 * Throws NoHost where they cannot be had.
 * @returns {Promise<{ node: string, vscode: string }>}
 */
export async function ensureHost(log = () => undefined) {
  const home = join(ROOT, '.host', CODE_SERVER);
  const found = partsIn(home);
  if (found !== null) return found;
  log(`installing the editor host (code-server ${CODE_SERVER}) into .host/`);
  const fresh = join(ROOT, '.host', `new-${process.pid}`);
  rmSync(join(ROOT, '.host'), { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  try {
    writeFileSync(join(fresh, 'package.json'), '{ "name": "host", "private": true }\n');
    const packages = [`code-server@${CODE_SERVER}`];
    if (ownNodeIsTooOld()) packages.push(`${nodePackage()}@${NODE_MAJOR}`);
    await npmInstall(fresh, packages);
    await npmInstall(vscodeIn(fresh), ['--omit=dev']);
    // Only a complete folder ever gets this name, so an interrupted installation is never mistaken for one.
    renameSync(fresh, home);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    throw error;
  }
  const parts = partsIn(home);
  if (parts === null) throw new Error(`code-server ${CODE_SERVER} does not have the expected layout`);
  return parts;
}

/**
 * Starts the server on a free port of 127.0.0.1 with a data folder of its own.
 * @param {{ node: string, vscode: string }} host
 * @param {{ restricted?: boolean, settings?: object, env?: object, vsix?: string, trace?: (line: string) => void }} options
 *   restricted: workspace trust is on, and nothing is trusted; vsix: a packaged extension to install first
 */
export async function startServer(host, options = {}) {
  const data = mkdtempSync(join(tmpdir(), 'lockstep-host-'));
  const user = join(data, 'data', 'User');
  mkdirSync(user, { recursive: true });
  const writeSettings = (settings) =>
    writeFileSync(join(user, 'settings.json'), JSON.stringify({ ...QUIET, ...settings }, null, 2));
  writeSettings(options.settings ?? {});
  if (options.vsix !== undefined) installVsix(host, data, options.vsix);
  const port = await freePort();
  const child = spawn(
    host.node,
    [
      'out/server-main.js',
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
      '--without-connection-token',
      '--accept-server-license-terms',
      '--server-data-dir',
      data,
      '--telemetry-level',
      'off',
      '--enable-smoke-test-driver',
      ...(options.restricted ? [] : ['--disable-workspace-trust']),
    ],
    {
      cwd: host.vscode,
      // A process group of its own: closing it takes the extension host and its children along.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
    },
  );
  let output = '';
  const take = (chunk) => {
    output = (output + chunk).slice(-20_000);
    options.trace?.(String(chunk));
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const server = {
    port,
    origin: `http://127.0.0.1:${port}`,
    data,
    output: () => output,
    /** The exit code, once the server has ended for whatever reason. */
    ended: new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 0))),
    /** Takes effect in windows that are opened afterwards. */
    writeSettings,
    close: once(async () => {
      await endGroup(child);
      rmSync(data, { recursive: true, force: true, maxRetries: 3 });
    }),
  };
  closeAtEnd(server.close, () => killGroup(child, 'SIGKILL'));
  try {
    await answering(child, port, () => output);
  } catch (error) {
    await server.close();
    throw error;
  }
  return server;
}

/** The address of a window on `folder`, with the extension under development loaded and, if given, its tests run. */
export function windowUrl(server, { folder, extension, tests }) {
  const remote = (path) => `vscode-remote://127.0.0.1:${server.port}${path}`;
  const payload = [];
  if (extension !== undefined) payload.push(['extensionDevelopmentPath', remote(extension)]);
  if (tests !== undefined) payload.push(['extensionTestsPath', remote(tests)]);
  const query = payload.length === 0 ? '' : `&payload=${encodeURIComponent(JSON.stringify(payload))}`;
  return `${server.origin}/?folder=${encodeURIComponent(folder)}${query}`;
}

/** A headless Chromium: Playwright comes with the project, the browser with the machine. Throws NoHost where there is none. */
export async function startBrowser() {
  const executablePath = findChromium();
  if (executablePath === null) {
    throw new NoHost(
      'there is no Chromium on this machine',
      'install it (Debian: apt-get install chromium) or set CHROMIUM to its path',
    );
  }
  const { chromium } = await import('playwright-core');
  // One handler closes everything, in order: closeAtEnd's.
  const signals = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };
  const browser = await chromium.launch({ executablePath, args: CHROMIUM_FLAGS, ...signals });
  const close = once(() => browser.close());
  closeAtEnd(close);
  return { browser, close };
}

/**
 * Runs a suite (a module that exports `run(): Promise<void>`) in the extension host.
 * @param {{ folder: string, extension: string, tests: string, timeoutMs: number, log: (line: string) => void }} run
 * @returns {Promise<number>} 0 when `run` resolved, something else when it rejected
 */
export async function runInHost(server, browser, run) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  let timer;
  try {
    const ended = new Promise((resolve, reject) => {
      timer = setTimeout(
        () => reject(new Error(`no end of the suite after ${run.timeoutMs / 1000} s`)),
        run.timeoutMs,
      );
      page.on('crash', () => reject(new Error('the browser page crashed')));
      page.exposeFunction('codeAutomationExit', (code) => resolve(code)).catch(reject);
    });
    await page.exposeFunction('codeAutomationLog', (_type, args) => {
      const words = Array.isArray(args) ? args : [args];
      run.log(words.map((word) => (typeof word === 'string' ? word : JSON.stringify(word))).join(' '));
    });
    await page.goto(windowUrl(server, run));
    return await ended;
  } finally {
    clearTimeout(timer);
    await context.close();
  }
}

/** What every window should leave alone: notices, look-ups, animations. */
const QUIET = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.reduceMotion': 'on',
  'chat.disableAIFeatures': true,
  'chat.commandCenter.enabled': false,
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'update.mode': 'none',
  'telemetry.telemetryLevel': 'off',
  'security.workspace.trust.startupPrompt': 'never',
  'git.enabled': false,
  'typescript.disableAutomaticTypeAcquisition': true,
};

const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Chromium, Chrome or Edge; the environment variable CHROMIUM stands over all. null: none. */
function findChromium() {
  const named = process.env.CHROMIUM;
  if (named) return existsSync(named) ? named : null;
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];
  const folders = (process.env.PATH ?? '').split(delimiter);
  const places = [
    ...names.flatMap((name) => folders.map((folder) => join(folder, name))),
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  ];
  return places.find((place) => existsSync(place)) ?? null;
}

function vscodeIn(home) {
  return join(home, 'node_modules', 'code-server', 'lib', 'vscode');
}

function partsIn(home) {
  const vscode = vscodeIn(home);
  const node = ownNodeIsTooOld()
    ? join(home, 'node_modules', nodePackage(), 'bin', 'node')
    : process.execPath;
  const needed = [node, join(vscode, 'out', 'server-main.js'), join(vscode, 'node_modules')];
  return needed.every((path) => existsSync(path)) ? { node, vscode } : null;
}

function ownNodeIsTooOld() {
  return Number(process.versions.node.split('.')[0]) !== NODE_MAJOR;
}

function nodePackage() {
  return `node-${process.platform}-${process.arch}`;
}

async function npmInstall(cwd, args) {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const command = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...args];
  const result = await new Promise((resolve) => {
    const child = spawn(npm, command, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ code: 1, output: error.message }));
    child.on('close', (code) => resolve({ code, output }));
  });
  if (result.code === 0) return;
  const why = result.output.trim().split('\n').slice(0, 2).join(' · ');
  throw new NoHost(
    `the editor host cannot be installed: ${why}`,
    'check that the npm registry can be reached, then run the tests again',
  );
}

function installVsix(host, data, vsix) {
  const result = spawnSync(
    host.node,
    [
      'out/server-main.js',
      '--server-data-dir',
      data,
      '--accept-server-license-terms',
      '--install-extension',
      vsix,
    ],
    { cwd: host.vscode, encoding: 'utf8', timeout: 60_000 },
  );
  const installed = readdirSync(join(data, 'extensions'), { withFileTypes: true }).some((entry) =>
    entry.isDirectory(),
  );
  if (result.status === 0 && installed) return;
  throw new Error(`${vsix} does not install:\n${result.stdout}${result.stderr}`);
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

async function answering(child, port, output) {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/`, { redirect: 'manual' });
      await answer.body?.cancel();
      if (answer.status < 500) return;
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the editor host does not answer on port ${port}:\n${output()}`);
}

function killGroup(child, signal) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Nobody is left in the group.
  }
}

async function endGroup(child) {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    killGroup(child, 'SIGTERM');
    const late = setTimeout(() => killGroup(child, 'SIGKILL'), 3000);
    await gone;
    clearTimeout(late);
  }
  killGroup(child, 'SIGKILL');
}

const closers = new Set();
let watching = false;

/** `close` runs on SIGINT, SIGTERM and SIGHUP; `atExit` (synchronous) when the process ends in any other way. */
function closeAtEnd(close, atExit) {
  closers.add({ close, atExit });
  if (watching) return;
  watching = true;
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ]) {
    process.once(signal, () => {
      void Promise.allSettled([...closers].map((closer) => closer.close())).then(() => process.exit(code));
    });
  }
  process.on('exit', () => {
    for (const closer of closers) closer.atExit?.();
  });
}

function once(action) {
  let result;
  return () => (result ??= Promise.resolve(action()));
}
