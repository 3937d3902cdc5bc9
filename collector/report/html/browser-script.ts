import type { Browser, Element, Key, Plot } from "./browser-types.ts";

/** Embedded beside the page, for the script alone. Seconds are those of the run. */
export interface ChartData {
  readonly start: number;
  readonly end: number;
  readonly phases: readonly {
    readonly name: string;
    readonly from: number;
    readonly to: number;
    readonly shaded: boolean;
    readonly bordered: boolean;
  }[];
  readonly marks: readonly { readonly at: number; readonly alert: boolean }[];
  readonly charts: readonly {
    readonly unit: string;
    readonly start: number;
    readonly step: number;
    readonly stacked: boolean;
    readonly gaps: boolean;
    readonly series: readonly {
      readonly color: number;
      readonly width: number;
      readonly dash: readonly number[];
      readonly values: readonly (number | null)[];
    }[];
  }[];
}

/** The script of the page as text: it turns the drawings into charts that can be zoomed, with one cursor for all. */
export function browserScript(): string {
  return `(${enhance.toString()})(window);`;
}

/** Runs in the browser: it may use nothing but its argument and what is within it. */
function enhance(browser: Browser): void {
  const { document } = browser;
  const source = document.getElementById("chart-data");
  if (source === null || typeof browser.uPlot !== "function") return;
  const data = JSON.parse(source.textContent ?? "{}") as ChartData;
  const plots = new Map<number, { plot: Plot; figure: Element }>();
  let range = { min: data.start, max: data.end };
  let isZooming = false;

  const color = (name: string): string => browser.getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const short = (value: number): string => String(Number(value.toPrecision(3)));
  const format = (value: number | null | undefined, unit: string): string => {
    if (value === null || value === undefined) return "";
    if (unit === "By" || unit === "By/s") {
      const units = ["B", "KiB", "MiB", "GiB", "TiB"];
      let [amount, at] = [value, 0];
      while (Math.abs(amount) >= 1024 && at < 4) [amount, at] = [amount / 1024, at + 1];
      return `${short(amount)} ${units[at]}${unit === "By" ? "" : "/s"}`;
    }
    const inMs = unit === "ms" ? value : unit === "s" ? value * 1000 : undefined;
    if (inMs !== undefined) return Math.abs(inMs) >= 1000 ? `${short(inMs / 1000)} s` : `${short(inMs)} ms`;
    const text = Math.abs(value) >= 1000 ? String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, " ") : short(value);
    return unit === "%" ? `${text} %` : unit === "1/s" ? `${text}/s` : text;
  };
  const moment = (second: number): string => {
    const whole = Math.abs(Math.round(second));
    return `${second < 0 ? "-" : ""}${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
  };

  /** All charts show the same stretch of time. */
  const zoom = (min: number, max: number): void => {
    if (isZooming || !(max - min >= 1)) return;
    isZooming = true;
    range = { min: Math.max(data.start, min), max: Math.min(data.end, max) };
    for (const { plot } of plots.values()) plot.setScale("x", range);
    document.querySelector(".tools output")?.setAttribute("data-zoom", `${range.min} ${range.max}`);
    const shown = document.querySelector(".tools output");
    if (shown !== null) shown.textContent = `${moment(range.min)} to ${moment(range.max)}`;
    isZooming = false;
  };

  const onKey = (plot: Plot, event: Key): void => {
    const { min, max } = range;
    const span = max - min;
    const keys: Readonly<Record<string, () => void>> = {
      "+": () => zoom(min + span / 4, max - span / 4),
      "=": () => zoom(min + span / 4, max - span / 4),
      "-": () => zoom(min - span / 2, max + span / 2),
      "0": () => zoom(data.start, data.end),
      Escape: () => zoom(data.start, data.end),
      ArrowLeft: () => step(plot, event.shiftKey, -1),
      ArrowRight: () => step(plot, event.shiftKey, 1),
    };
    const act = keys[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  };
  /** Moves the cursor, or with shift the stretch of time. */
  const step = (plot: Plot, isPan: boolean, direction: number): void => {
    const span = range.max - range.min;
    if (isPan) {
      const move = Math.max(data.start - range.min, Math.min(data.end - range.max, (direction * span) / 4));
      zoom(range.min + move, range.max + move);
    } else {
      const width = plot.over.clientWidth;
      const from = plot.cursor.left < 0 ? (direction > 0 ? 0 : width) : plot.cursor.left;
      plot.setCursor({ left: Math.max(0, Math.min(width, from + (direction * width) / 60)), top: plot.over.clientHeight / 2 });
    }
  };

  const bands = (plot: Plot): void => {
    const { ctx, bbox } = plot;
    const x = (second: number): number => Math.max(bbox.left, Math.min(bbox.left + bbox.width, plot.valToPos(second, "x", true)));
    ctx.save();
    ctx.fillStyle = color("--ramp");
    for (const { from, to, shaded } of data.phases) if (shaded) ctx.fillRect(x(from), bbox.top, x(to) - x(from), bbox.height);
    ctx.strokeStyle = color("--rule");
    ctx.lineWidth = browser.devicePixelRatio;
    for (const { from, bordered } of data.phases) {
      if (!bordered || from <= plot.scales.x.min || from >= plot.scales.x.max) continue;
      ctx.beginPath();
      ctx.moveTo(x(from), bbox.top - 14 * browser.devicePixelRatio);
      ctx.lineTo(x(from), bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.fillStyle = color("--quiet");
    ctx.textAlign = "center";
    ctx.font = `${11 * browser.devicePixelRatio}px system-ui, sans-serif`;
    // A name that is wider than what is seen of its phase is left out.
    for (const { name, from, to } of data.phases)
      if (ctx.measureText(name).width < x(to) - x(from)) ctx.fillText(name, (x(from) + x(to)) / 2, bbox.top - 5 * browser.devicePixelRatio);
    ctx.restore();
  };
  const marks = (plot: Plot): void => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.lineWidth = 1.2;
    ctx.setLineDash([3, 3]);
    for (const { at, alert } of data.marks) {
      if (at < plot.scales.x.min || at > plot.scales.x.max) continue;
      ctx.strokeStyle = color(alert ? "--bad" : "--fg");
      ctx.beginPath();
      ctx.moveTo(plot.valToPos(at, "x", true), bbox.top);
      ctx.lineTo(plot.valToPos(at, "x", true), bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  };

  const draw = (figure: Element): void => {
    const number = Number(figure.dataset["chart"]);
    const chart = data.charts[number];
    const target = figure.querySelector(".plot");
    if (chart === undefined || target === null) return;
    const columns = Math.max(0, ...chart.series.map(({ values }) => values.length));
    const times = Array.from({ length: columns }, (_, index) => chart.start + (index + 0.5) * chart.step);
    const shown: (readonly (number | null)[])[] = [];
    for (const { values } of chart.series) {
      const below = chart.stacked ? shown.at(-1) : undefined;
      shown.push(
        times.map((_, index) => (values[index] === null || values[index] === undefined ? null : (values[index] as number) + (below?.[index] ?? 0))),
      );
    }
    // What lies behind must be drawn first.
    const order = chart.series.map((_, index) => index);
    if (chart.stacked) order.reverse();
    const axis = {
      stroke: color("--quiet"),
      grid: { stroke: color("--rule"), width: 1 },
      ticks: { show: false },
      font: "11.5px system-ui, sans-serif",
    };
    const { width, height } = target.getBoundingClientRect();
    const values = [...figure.querySelectorAll("[data-value]")];
    const plot = new browser.uPlot(
      {
        width,
        height,
        padding: [18, 18, 0, 0],
        legend: { show: false },
        cursor: { sync: { key: "run", setSeries: false }, drag: { x: true, y: false, setScale: true }, points: { size: 5 }, y: false },
        scales: {
          x: { time: false, range: (_: Plot, min: number | null, max: number | null) => [min ?? data.start, max ?? data.end] },
          y: { range: (_: Plot, min: number | null, max: number | null) => [Math.min(0, min ?? 0), (max ?? 0) > 0 ? (max ?? 1) * 1.05 : 1] },
        },
        axes: [
          {
            ...axis,
            size: 24,
            gap: 6,
            space: 70,
            values: (_: Plot, ticks: readonly number[]) => ticks.map(moment),
            incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600],
          },
          {
            ...axis,
            size: 62,
            gap: 8,
            space: 32,
            values: (_: Plot, ticks: readonly number[]) => ticks.map((tick) => format(tick, chart.unit)),
            ...(chart.unit.startsWith("By") ? { incrs: Array.from({ length: 50 }, (_, power) => 2 ** power) } : {}),
          },
        ],
        series: [
          {},
          ...order.map((index) => {
            const one = chart.series[index];
            const solid = color(`--s${one?.color ?? 0}`);
            // A wide line lies under others: seen through.
            const stroke = (one?.width ?? 0) > 4 ? `${solid}73` : solid;
            return {
              stroke,
              width: chart.stacked ? 0 : (one?.width ?? 1.6),
              fill: chart.stacked ? solid : undefined,
              dash: one?.dash,
              spanGaps: !chart.gaps,
              // A line of one point is none.
              points: { show: (shown[index] ?? []).filter((value) => value !== null).length === 1, size: 6 },
            };
          }),
        ],
        hooks: {
          drawClear: [bands],
          draw: [marks],
          setScale: [
            (one: Plot, key: string) => {
              if (key === "x") zoom(one.scales.x.min, one.scales.x.max);
            },
          ],
          setCursor: [
            (one: Plot) => {
              const at = one.cursor.idx;
              for (const [index, element] of values.entries())
                element.textContent = at === null ? "" : format(chart.series[index]?.values[at], chart.unit);
            },
          ],
        },
      },
      [times, ...order.map((index) => shown[index] ?? [])],
      target,
    );
    plots.set(number, { plot, figure });
    figure.classList.add("live");
    if (target.tabIndex < 0) {
      target.tabIndex = 0;
      target.setAttribute("role", "application");
      target.setAttribute(
        "aria-label",
        `${figure.querySelector("h3")?.textContent}: arrow keys move the cursor, with shift the time shown; plus and minus zoom, 0 shows all`,
      );
      target.addEventListener("keydown", (event) => {
        const current = plots.get(number);
        if (current !== undefined) onKey(current.plot, event);
      });
      new browser.ResizeObserver(() => {
        const { width: wide, height: high } = target.getBoundingClientRect();
        if (wide > 0 && high > 0) plots.get(number)?.plot.setSize({ width: wide, height: high });
      }).observe(target);
    }
    plot.setScale("x", range);
  };

  // Charts far down, or folded away, wait until they are about to be seen.
  const watcher = new browser.IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        watcher.unobserve(target);
        draw(target);
      }
    },
    { rootMargin: "400px" },
  );
  document.documentElement.classList.add("is-live");
  for (const figure of document.querySelectorAll("[data-chart]")) watcher.observe(figure);
  document.querySelector(".tools button")?.addEventListener("click", () => zoom(data.start, data.end));
  browser.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    for (const { plot, figure } of [...plots.values()]) {
      plot.destroy();
      draw(figure);
    }
  });
}
