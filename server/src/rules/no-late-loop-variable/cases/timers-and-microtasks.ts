// Everything that the host calls after the current job.
import { setImmediate as soon } from 'node:timers';

export function schedule(jobs: (() => void)[], log: (text: string) => void): void {
  for (var at = 0; at < jobs.length; at++) {
    setTimeout(() => log(`timer ${at}`), 0);
//                                ^^ no-late-loop-variable: `at` will have its last value when this timer callback runs
    setInterval(function () { log(`tick ${at}`); }, 1000);
//                                        ^^ no-late-loop-variable: this timer callback
    soon(() => log(`immediate ${at}`));
//                              ^^ no-late-loop-variable: this timer callback
    queueMicrotask(() => log(`micro ${at}`));
//                                    ^^ no-late-loop-variable: this microtask
    process.nextTick(() => log(`tick ${at}`));
//                                     ^^ no-late-loop-variable: this callback
    window.requestAnimationFrame(() => log(`frame ${at}`));
//                                                  ^^ no-late-loop-variable: this animation frame callback
    setTimeout(log, 0, `bound ${at}`); // ok: the argument is evaluated at once
    setTimeout(log.bind(null, `bound ${at}`), 0); // ok: bound at once
    jobs[at]!(); // ok: no function is made
  }
}

export function bound(this: { name: string }, count: number, log: (text: string) => void): void {
  for (var round = 0; round < count; round++) {
    setTimeout(function (this: { name: string }) { log(`${this.name} ${round}`); }.bind(this), 0);
//                                                                     ^^^^^ no-late-loop-variable: timer callback
  }
}
