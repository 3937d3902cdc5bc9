import type { Family } from "../../collector/series/families.ts";
import type { SeriesStore } from "../../collector/series/series-store.ts";
import { EscapedLabels } from "./escaped-labels.ts";
import { ExposedNames } from "./exposed-names.ts";
import { KeptBytes } from "./kept-bytes.ts";
import type { NativeHistograms } from "./metric-writer.ts";
import type { Format } from "./negotiate.ts";
import { Page } from "./page.ts";
import { ProtobufExposition } from "./protobuf-exposition.ts";
import { TextExposition } from "./text-exposition.ts";

/** One exposition. Its bytes do not change before `release` was called as often as it was handed out. */
export interface Body {
  readonly bytes: Buffer;
  release(): void;
}

export interface BodyOptions {
  /** Names outside the legacy alphabet are possible (the translation strategy). */
  readonly utf8Names: boolean;
  readonly timestamps: boolean;
  readonly created: boolean;
  readonly nativeHistograms: NativeHistograms;
  /** Of what is kept rendered between expositions. */
  readonly keptBytes: number;
  /** A family that an escaping gives the name of another one: it is not shown to scrapers that ask for this escaping. */
  onHidden(family: Family, name: string): void;
}

interface Writing {
  readonly names: ExposedNames;
  readonly exposition: TextExposition | ProtobufExposition;
  /** Number of the last exposition that it wrote. */
  usedAt: number;
}

interface Sheet {
  readonly page: Page;
  key: string;
  version: number;
  users: number;
}

/** Kinds of exposition that nobody has asked for during so many others lose their kept lines. */
const FORGOTTEN_AFTER = 16;
/** Of pages that wait for the next exposition, bytes: new memory costs more than what is written into it. */
const MAX_FREE_BYTES = 67_108_864;

/** The bodies of scrapes: rendered anew only when something has changed since, so that two scrapers cost one. */
export class Bodies {
  readonly #store: SeriesStore;
  readonly #options: BodyOptions;
  readonly #kept: KeptBytes;
  readonly #writings = new Map<string, Writing>();
  #sheets: Sheet[] = [];
  #count = 0;

  constructor(store: SeriesStore, options: BodyOptions) {
    this.#store = store;
    this.#options = options;
    this.#kept = new KeptBytes(options.keptBytes);
  }

  /** Families and series that could not be shown to some scraper, since under its escaping another one has their name. */
  get hidden(): number {
    return Math.max(0, ...[...this.#writings.values()].map(({ names, exposition }) => names.hidden + exposition.hidden));
  }

  /** Of what is kept between expositions. */
  get keptBytes(): number {
    return this.#kept.used;
  }

  render(format: Format): Body {
    const key = `${format.kind} ${format.escaping}`;
    const known = this.#sheets.find((sheet) => sheet.key === key && sheet.version === this.#store.version);
    return this.#bodyOf(known ?? this.#write(key, format));
  }

  #write(key: string, format: Format): Sheet {
    this.#count++;
    const writing = this.#writingOf(key, format);
    writing.usedAt = this.#count;
    this.#forgetUnused();
    const free = this.#sheets.filter(({ users }) => users === 0);
    const sheet = free.find((one) => one.key === key) ?? free[0] ?? this.#newSheet();
    // Until it is whole it is nobody's: an error in between must not leave half an exposition to be found.
    sheet.key = "";
    sheet.page.length = 0;
    writing.exposition.write(sheet.page);
    sheet.key = key;
    sheet.version = this.#store.version;
    return sheet;
  }

  #bodyOf(sheet: Sheet): Body {
    sheet.users++;
    let isReleased = false;
    return {
      bytes: sheet.page.bytes.subarray(0, sheet.page.length),
      release: () => {
        if (isReleased) return;
        isReleased = true;
        sheet.users--;
        this.#dropSurplus();
      },
    };
  }

  #newSheet(): Sheet {
    const sheet = { page: new Page(), key: "", version: -1, users: 0 };
    this.#sheets.push(sheet);
    return sheet;
  }

  /** The pages written last stay, with what they say. */
  #dropSurplus(): void {
    const kept: Sheet[] = [];
    let bytes = 0;
    for (const sheet of this.#sheets.toSorted((a, b) => b.version - a.version)) {
      if (sheet.users === 0) bytes += sheet.page.bytes.length;
      if (sheet.users > 0 || bytes <= MAX_FREE_BYTES) kept.push(sheet);
    }
    this.#sheets = kept;
  }

  #writingOf(key: string, { kind, escaping }: Format): Writing {
    const known = this.#writings.get(key);
    if (known !== undefined) return known;
    const { utf8Names, timestamps, created, nativeHistograms, onHidden } = this.#options;
    const labels = new EscapedLabels(escaping, utf8Names);
    const names = new ExposedNames(escaping, kind, onHidden);
    const exposition =
      kind === "protobuf"
        ? new ProtobufExposition(this.#store, names, { timestamps, nativeHistograms }, labels, this.#kept)
        : new TextExposition(this.#store, names, { openMetrics: kind === "openmetrics", timestamps, created }, labels, this.#kept);
    const writing = { names, exposition, usedAt: 0 };
    this.#writings.set(key, writing);
    return writing;
  }

  #forgetUnused(): void {
    for (const [key, { usedAt, exposition }] of this.#writings) {
      if (this.#count - usedAt < FORGOTTEN_AFTER) continue;
      exposition.forget();
      this.#writings.delete(key);
    }
  }
}
