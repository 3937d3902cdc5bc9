import type { UpstreamTry } from "../../model/load-record.ts";
import { parseCount, parseDecimal } from "./parse-number.ts";

/** nginx's upstream variables as written: lists, or "" where the log has no such field. */
export interface UpstreamFields {
  readonly addresses: string;
  readonly statuses: string;
  readonly connectSeconds: string;
  readonly headerSeconds: string;
  readonly responseSeconds: string;
}

/** `proxy_next_upstream` over a long list of servers gives a handful; more is no log of nginx. */
const MAX_TRIES = 256;

/**
 * The tries of one request: `, ` goes to the next server, ` : ` to another group after an internal redirect, `-` was not reached
 * (nginx ngx_http_upstream_module, embedded variables). Empty where no upstream was asked.
 */
export function parseUpstreamTries({ addresses, statuses, connectSeconds, headerSeconds, responseSeconds }: UpstreamFields): UpstreamTry[] {
  const lists = [addresses, statuses, connectSeconds, headerSeconds, responseSeconds].map(itemsOf);
  const [address = [], status = [], connect = [], header = [], response = []] = lists;
  const length = Math.min(Math.max(...lists.map((list) => list.length)), MAX_TRIES);
  if (length <= 1 && lists.every((list) => list.length === 0 || list[0]?.text === "-")) return [];
  const shape = lists.find((list) => list.length === length) ?? [];
  return Array.from({ length }, (_, index) => ({
    address: given(address[index]?.text),
    status: parseCount(status[index]?.text ?? ""),
    connectMs: msOf(connect[index]?.text),
    headerMs: msOf(header[index]?.text),
    responseMs: msOf(response[index]?.text),
    redirect: shape[index]?.redirect ?? 0,
  }));
}

interface Item {
  readonly text: string;
  readonly redirect: number;
}

function itemsOf(text: string): readonly Item[] {
  if (text === "") return [];
  return text.split(" : ", MAX_TRIES).flatMap((group, redirect) => group.split(",", MAX_TRIES).map((item) => ({ text: item.trim(), redirect })));
}

function given(text: string | undefined): string {
  return text === undefined || text === "-" ? "" : text;
}

/** nginx's seconds with three digits, as whole ms. */
export function msOf(text: string | undefined): number | undefined {
  const seconds = text === undefined ? undefined : parseDecimal(text);
  return seconds === undefined || seconds < 0 ? undefined : Math.round(seconds * 1e6) / 1e3;
}
