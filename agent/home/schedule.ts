import type { ScheduledTask } from 'node-cron';
import type { HomeConfig } from '../../config/schema.ts';
import type { Clock } from '../clock.ts';
import { codeOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { createDailyRound, type RoundParts } from './daily-round.ts';
import type { Links } from './links.ts';
import type { MqttLink } from './transport/mqtt.ts';

/** Never finer than this: node-cron walks every missed slot after a clock jump. */
const EVERY_FIVE_MINUTES = '*/5 * * * *';
/** How often the wall clock is compared with the monotonic one, and events are sent, ms. */
const WATCH_MS = 10_000;
/** Wall clock and monotonic clock may differ by this much before a jump is assumed, ms. */
const JUMP_MS = 30_000;
/** Events sent in one go. */
const EVENTS_MAX = 100;

export interface ScheduleParts extends RoundParts {
  readonly config: HomeConfig;
  readonly clock: Clock;
  readonly log: Log;
  readonly links: Links;
  readonly wake: () => void;
}

/**
 * Coarse jobs by node-cron (retention, missing readings, ends of pauses), made up at start; and a
 * watch on the clock, which restarts them after a jump and dates what was captured without one.
 */
export function createSchedule(parts: ScheduleParts) {
  const { clock, links, log } = parts;
  const round = createDailyRound(parts);
  let task: ScheduledTask | undefined;
  let watch: NodeJS.Timeout | undefined;
  let isStopped = false;
  let wall = Date.now();
  let monotonic = performance.now();
  /** Captures of this boot were dated since the clock became trusted. */
  let dated = false;
  let isSending = false;

  async function guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      parts.health.fault(codeOf(error));
    }
  }

  /** All that is due; what fails is said, and done the next time. */
  async function run(): Promise<void> {
    await guarded(dateCaptures);
    await guarded(round.run);
    links.certificates.remind();
    parts.wake();
  }

  async function dateCaptures(): Promise<void> {
    if (dated || !clock.trusted()) return;
    await round.clockTrusted();
    dated = true;
  }

  async function sendEvents(): Promise<void> {
    // What cannot be noted as sent would be sent again and again, and wait in memory to be noted.
    if (isSending || parts.committer.trouble !== undefined) return;
    isSending = true;
    await guarded(sendDueEvents);
    isSending = false;
  }

  async function sendDueEvents(): Promise<void> {
    for (const { id } of parts.config.recipients) {
      const link = parts.links.link(id);
      if (!link?.state().online || !(await sendNotices(id, link))) continue;
      for (const { id: event, event: body, mayLeave } of parts.events.due(id, EVENTS_MAX)) {
        // Asked again in the same step as the hand-over: consent may have ended since.
        if (!mayLeave()) continue;
        const answer = await link.publishEvent(id, body);
        if (answer.outcome === 'deferred') break;
        parts.committer.ride(() => parts.events.sent(event));
      }
    }
  }

  /** What is told of sharing goes first; false when the way is not open. */
  async function sendNotices(recipient: string, link: Pick<MqttLink, 'publishEvent'>) {
    for (const { event, mayLeave, handedOver } of parts.notices.due(recipient)) {
      if (!mayLeave()) continue;
      const answer = await link.publishEvent(recipient, event);
      if (answer.outcome === 'deferred') return false;
      handedOver();
    }
    return true;
  }

  function look(): void {
    const drift = Date.now() - wall - (performance.now() - monotonic);
    wall = Date.now();
    monotonic = performance.now();
    if (Math.abs(drift) > JUMP_MS) {
      log.warn({ event: 'clock-jumped', ms: Math.round(drift) });
      void guarded(restart);
    }
    if (!dated && clock.trusted()) void guarded(dateCaptures).then(parts.wake);
    void sendEvents();
  }

  /** Not part of a start: node-cron loads formats of Intl, which takes 20 ms of processor and more. */
  async function beginRounds(): Promise<void> {
    const { schedule } = await import('node-cron');
    if (!isStopped) task = schedule(EVERY_FIVE_MINUTES, run, { noOverlap: true });
  }

  async function restart(): Promise<void> {
    await task?.stop();
    await task?.start();
    await run();
  }

  return {
    start(): void {
      watch = setInterval(look, WATCH_MS);
      void guarded(round.deriveWaiting).then(run);
      setTimeout(() => void guarded(beginRounds), WATCH_MS).unref();
    },
    /** All jobs once, now. */
    run,
    sendEvents,
    stop(): void {
      isStopped = true;
      clearInterval(watch);
      void task?.destroy();
    },
  };
}
