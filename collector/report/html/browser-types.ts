/** What of the browser and of uPlot is used; the project's sources are checked without the types of the DOM. */
export interface Box {
  readonly width: number;
  readonly height: number;
}
export interface Key {
  readonly key: string;
  readonly shiftKey: boolean;
  preventDefault(): void;
}
export interface Element {
  textContent: string | null;
  tabIndex: number;
  readonly dataset: Readonly<Record<string, string | undefined>>;
  readonly classList: { add(name: string): void };
  querySelector(selector: string): Element | null;
  querySelectorAll(selector: string): Iterable<Element>;
  getBoundingClientRect(): Box;
  setAttribute(name: string, value: string): void;
  addEventListener(type: "keydown", listener: (event: Key) => void): void;
  addEventListener(type: "click", listener: () => void): void;
}
export interface Canvas {
  fillStyle: string;
  strokeStyle: string;
  lineWidth: number;
  font: string;
  textAlign: string;
  fillText(text: string, x: number, y: number): void;
  measureText(text: string): { readonly width: number };
  save(): void;
  restore(): void;
  setLineDash(dash: readonly number[]): void;
  fillRect(x: number, y: number, width: number, height: number): void;
  beginPath(): void;
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  stroke(): void;
}
export interface Plot {
  readonly ctx: Canvas;
  readonly bbox: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
  readonly scales: { readonly x: { readonly min: number; readonly max: number } };
  readonly cursor: { readonly idx: number | null; readonly left: number };
  readonly over: Box & { readonly clientWidth: number; readonly clientHeight: number };
  valToPos(value: number, scale: string, canvas: boolean): number;
  setScale(scale: string, range: { readonly min: number; readonly max: number }): void;
  setCursor(at: { readonly left: number; readonly top: number }): void;
  setSize(size: Box): void;
  destroy(): void;
}
export interface Browser {
  readonly document: {
    readonly documentElement: Element;
    getElementById(id: string): Element | null;
    querySelector(selector: string): Element | null;
    querySelectorAll(selector: string): Iterable<Element>;
  };
  readonly uPlot: new (options: object, data: readonly (readonly (number | null)[])[], target: Element) => Plot;
  readonly ResizeObserver: new (listener: () => void) => { observe(target: Element): void };
  readonly IntersectionObserver: new (
    listener: (entries: readonly { readonly isIntersecting: boolean; readonly target: Element }[]) => void,
    options: object,
  ) => { observe(target: Element): void; unobserve(target: Element): void };
  readonly devicePixelRatio: number;
  getComputedStyle(element: Element): { getPropertyValue(name: string): string };
  matchMedia(query: string): { addEventListener(type: "change", listener: () => void): void };
}
