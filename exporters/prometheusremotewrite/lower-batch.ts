import type { WriteBatch, WriteExemplar, WriteSeries } from "../../collector/wire/remote-write-batch.ts";
import { ClassicForm } from "./classic-form.ts";
import { legacySeries } from "./legacy-series.ts";
import { CUSTOM_SCHEMA } from "./native-histogram.ts";
import { WriteColumns } from "./write-columns.ts";

export interface LowerOptions {
  /** Names may lie outside the legacy alphabet. */
  readonly hasUtf8: boolean;
  /** Native histograms go out as they are: receivers of 1.0 from Prometheus 2.40 on take them, if they have been told to. */
  readonly nativeHistograms: boolean;
}

/**
 * What remote write 1.0 cannot say, in its own words: names outside the legacy alphabet are escaped (Prometheus 2.42 stores them unchecked and
 * cannot query them, 2.53 drops them silently), histograms with custom buckets (stored as garbage there) and, unless asked for, native ones
 * become classic ones.
 */
export class BatchLowering {
  readonly #options: LowerOptions;
  readonly #escaped = new WeakMap<WriteSeries, WriteSeries>();
  readonly #classic = new WeakMap<WriteSeries, ClassicForm>();

  constructor(options: LowerOptions) {
    this.#options = options;
  }

  lower(batch: WriteBatch): WriteBatch {
    const { hasUtf8 } = this.#options;
    const isChanged = hasUtf8 || batch.histograms.some(({ histogram }) => this.#mustGo(histogram.schema));
    if (!isChanged) return batch;
    const columns = new WriteColumns(batch.length + batch.histograms.length * 16 + 1);
    this.#copySamples(batch, columns);
    for (const { series, histogram } of batch.histograms) if (this.#mustGo(histogram.schema)) this.#classicOf(series).learn(histogram);
    for (const entry of batch.histograms) {
      if (this.#mustGo(entry.histogram.schema)) this.#classicOf(entry.series).add(columns, entry);
      else columns.addHistogram({ ...entry, series: this.#name(entry.series) });
    }
    for (const exemplar of batch.exemplars) columns.addExemplar(this.#exemplar(exemplar));
    return columns;
  }

  #mustGo(schema: number): boolean {
    return schema === CUSTOM_SCHEMA || !this.#options.nativeHistograms;
  }

  #copySamples(batch: WriteBatch, columns: WriteColumns): void {
    for (let index = 0; index < batch.length; index++) columns.copySample(batch, index, this.#name(batch.series[index] as WriteSeries));
  }

  #classicOf(series: WriteSeries): ClassicForm {
    let form = this.#classic.get(series);
    if (form === undefined) {
      form = new ClassicForm(this.#name(series));
      this.#classic.set(series, form);
    }
    return form;
  }

  #exemplar(exemplar: WriteExemplar): WriteExemplar {
    const form = this.#classic.get(exemplar.series);
    return { ...exemplar, series: form?.bucketOf(exemplar.value) ?? this.#name(exemplar.series) };
  }

  #name(series: WriteSeries): WriteSeries {
    if (!this.#options.hasUtf8) return series;
    let escaped = this.#escaped.get(series);
    if (escaped === undefined) {
      escaped = legacySeries(series);
      this.#escaped.set(series, escaped);
    }
    return escaped;
  }
}
