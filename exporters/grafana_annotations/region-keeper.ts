import { Backoff, type Pace } from "../../collector/pipeline/backoff.ts";
import { type AnnotationsApi, type FoundAnnotation, GrafanaFault, type NewAnnotation } from "./annotations-api.ts";
import type { RunEvent } from "./read-run-events.ts";

/** One annotation as it should be. `isRegion` false: a point for good (a mark). */
interface Wanted {
  readonly tags: readonly string[];
  readonly isRegion: boolean;
  text: string;
  time: number;
  /** Undefined while it goes on. */
  timeEnd: number | undefined;
  id: number | undefined;
  /** Set whenever Grafana does not have it as it is here. */
  isDirty: boolean;
}

export interface KeeperOptions {
  readonly api: Pick<AnnotationsApi, "create" | "patch" | "find" | "remove">;
  readonly pace: Pace;
  /** Carried by every annotation, besides `run:<id>`. */
  readonly tags: readonly string[];
  readonly onFault: (fault: GrafanaFault, isFirst: boolean) => void;
  readonly onWritten: () => void;
}

/** Runs and phases that are remembered: after their end, so that a late point does not open them again, and while Grafana is away. */
const MAX_KEPT = 1000;
/** Marks beyond this that wait for a Grafana which is away are not written, and counted. */
const MAX_WAITING_MARKS = 1000;
const RETRY = { initialMs: 500, maxMs: 60_000, multiplier: 2, randomization: 0.2 };

/**
 * Brings Grafana's annotations to what telemetry says: one region per run and phase (a point when it begins, with an end when it ends),
 * one point per mark. One request at a time; what fails is tried again until it holds. What a process before this one had begun is found
 * by its tags and carried on.
 */
export class RegionKeeper {
  readonly #options: KeeperOptions;
  readonly #regions = new Map<string, Wanted>();
  readonly #marks: Wanted[] = [];
  readonly #labels = new Map<string, string>();
  readonly #stop = new AbortController();
  readonly #backoff = new Backoff(RETRY);
  #working: Promise<void> | undefined;
  #isFailing = false;
  /** Of runs and phases that found no room. */
  readonly #refused = new Set<string>();
  /** Marks, runs and phases that found no room. */
  overflowed = 0;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** Annotations that Grafana does not have as they should be. */
  get pending(): number {
    return this.#dirty().length;
  }

  hear(events: readonly RunEvent[]): void {
    for (const event of events) {
      if (event.kind === "span") this.#hearSpan(event);
      else if (event.kind === "info") this.#hearInfo(event);
      else this.#hearMark(event);
    }
    if (this.pending > 0) this.#work();
  }

  /** One last attempt for everything that is open or unwritten: runs that go on get `nowMs` as their end, and the next process carries them on. */
  async close(nowMs: number): Promise<void> {
    this.#stop.abort();
    await this.#working;
    for (const wanted of this.#regions.values()) {
      if (wanted.timeEnd !== undefined) continue;
      wanted.timeEnd = Math.max(nowMs, wanted.time);
      wanted.isDirty = true;
    }
    for (const wanted of this.#dirty()) {
      try {
        await this.#write(wanted);
      } catch (error) {
        this.#options.onFault(asFault(error), true);
        return;
      }
    }
  }

  #hearSpan({ runId, phase, isActive, timeMs, startMs }: Extract<RunEvent, { kind: "span" }>): void {
    const key = JSON.stringify([runId, phase]);
    const known = this.#regions.get(key);
    if (known === undefined) {
      const time = startMs > 0 ? Math.min(startMs, timeMs) : timeMs;
      const tags = [...this.#options.tags, `run:${runId}`, phase === "" ? "run" : `phase:${phase}`];
      const timeEnd = isActive ? undefined : timeMs;
      if (!this.#makeRoom()) {
        this.#refuse(key);
        return;
      }
      this.#regions.set(key, { tags, isRegion: true, text: this.#textOf(runId, phase), time, timeEnd, id: undefined, isDirty: true });
    } else if (isActive && known.timeEnd !== undefined && timeMs > known.timeEnd) {
      // It was closed too early: by a process that ended before the run did.
      known.timeEnd = undefined;
    } else if (!isActive && known.timeEnd === undefined) {
      known.timeEnd = Math.max(timeMs, known.time);
      known.isDirty = true;
    }
  }

  #hearInfo({ runId, labels }: Extract<RunEvent, { kind: "info" }>): void {
    const text = labels.map(([key, value]) => `${key}=${value}`).join(" ");
    if (this.#labels.get(runId) === text) return;
    const [oldest] = this.#labels.keys();
    if (this.#labels.size >= MAX_KEPT && oldest !== undefined) this.#labels.delete(oldest);
    this.#labels.set(runId, text);
    const region = this.#regions.get(JSON.stringify([runId, ""]));
    if (region === undefined) return;
    region.text = this.#textOf(runId, "");
    region.isDirty = true;
  }

  #hearMark({ runId, text, timeMs }: Extract<RunEvent, { kind: "mark" }>): void {
    if (this.#marks.length >= MAX_WAITING_MARKS) {
      this.overflowed++;
      return;
    }
    const tags = [...this.#options.tags, ...(runId === "" ? [] : [`run:${runId}`]), "mark"];
    this.#marks.push({ tags, isRegion: false, text: text === "" ? "mark" : text, time: timeMs, timeEnd: undefined, id: undefined, isDirty: true });
  }

  #textOf(runId: string, phase: string): string {
    if (phase !== "") return `${phase} of load run ${runId}`;
    const labels = this.#labels.get(runId) ?? "";
    return labels === "" ? `Load run ${runId}` : `Load run ${runId} (${labels})`;
  }

  #dirty(): readonly Wanted[] {
    return [...this.#regions.values(), ...this.#marks].filter(({ isDirty }) => isDirty);
  }

  /** False: all that are remembered go on, or have not been written yet. */
  #makeRoom(): boolean {
    if (this.#regions.size < MAX_KEPT) return true;
    for (const [key, { timeEnd, isDirty }] of this.#regions) {
      if (timeEnd !== undefined && !isDirty) return this.#regions.delete(key);
    }
    return false;
  }

  /** Counts it once, although its points keep coming. */
  #refuse(key: string): void {
    if (this.#refused.has(key)) return;
    if (this.#refused.size < MAX_KEPT) this.#refused.add(key);
    this.overflowed++;
  }

  #work(): void {
    if (this.#stop.signal.aborted) return;
    this.#working ??= this.#workOn().finally(() => {
      this.#working = undefined;
      // Something may have been heard while the last of it was ending.
      if (this.pending > 0) this.#work();
    });
  }

  async #workOn(): Promise<void> {
    for (let wanted = this.#dirty()[0]; wanted !== undefined && !this.#stop.signal.aborted; wanted = this.#dirty()[0]) {
      try {
        await this.#write(wanted);
        this.#isFailing = false;
        this.#backoff.reset();
      } catch (error) {
        this.#options.onFault(asFault(error), !this.#isFailing);
        this.#isFailing = true;
        await this.#options.pace.sleep(this.#backoff.nextMs(), this.#stop.signal);
      }
    }
  }

  async #write(wanted: Wanted): Promise<void> {
    const aim: NewAnnotation = {
      time: wanted.time,
      ...(wanted.timeEnd === undefined ? {} : { timeEnd: wanted.timeEnd }),
      tags: wanted.tags,
      text: wanted.text,
    };
    wanted.isDirty = false;
    try {
      if (!wanted.isRegion) await this.#options.api.create(aim);
      else await this.#writeRegion(wanted, aim);
    } catch (error) {
      wanted.isDirty = true;
      throw error;
    }
    if (!wanted.isRegion) this.#marks.splice(this.#marks.indexOf(wanted), 1);
    this.#options.onWritten();
  }

  async #writeRegion(wanted: Wanted, aim: NewAnnotation): Promise<void> {
    const { api } = this.#options;
    if (wanted.id === undefined) {
      const found = await this.#ownOf(wanted);
      if (found === undefined) {
        wanted.id = await api.create(aim);
        return;
      }
      wanted.id = found.id;
      wanted.time = Math.min(wanted.time, found.time);
      if (wanted.timeEnd === undefined && found.text === aim.text) return;
    }
    const changes = { ...aim, time: wanted.time };
    try {
      await api.patch(wanted.id, changes);
    } catch (error) {
      // Deleted by somebody (404), or by a Grafana that cannot patch: made anew below, since it is not found as it should be.
      if (!(error instanceof GrafanaFault) || !CANNOT_PATCH.has(error.status)) throw error;
    }
    const now = (await api.find(wanted.tags)).find(({ id }) => id === wanted.id);
    if (now !== undefined && isAs(now, changes)) return;
    // Grafana before 6.4 keeps regions as two rows and takes no end for a point.
    if (now !== undefined) await api.remove(now.id);
    wanted.id = undefined;
    wanted.id = await api.create(changes);
  }

  /** What an earlier process made of the same run; of several the oldest. */
  async #ownOf({ tags }: Wanted): Promise<FoundAnnotation | undefined> {
    const found = (await this.#options.api.find(tags)).filter((one) => tags.every((tag) => one.tags.includes(tag)));
    return found.sort((a, b) => a.time - b.time)[0];
  }
}

const CANNOT_PATCH: ReadonlySet<number> = new Set([404, 405, 501]);

function isAs(found: FoundAnnotation, wanted: NewAnnotation): boolean {
  return found.time === wanted.time && found.text === wanted.text && (wanted.timeEnd === undefined || found.timeEnd === wanted.timeEnd);
}

function asFault(error: unknown): GrafanaFault {
  return error instanceof GrafanaFault ? error : new GrafanaFault(0, error instanceof Error ? error.message : String(error), error);
}
