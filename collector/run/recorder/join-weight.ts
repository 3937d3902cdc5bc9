import { type AnyValue, Attributes } from "../../model/attributes.ts";
import type { LoadRequest } from "../../model/load-record.ts";
import { cutText } from "./cut-text.ts";
import type { JoinRequest, JoinSpan } from "./join-entry.ts";
import { textOf } from "./read-value.ts";

/** What a request or a span weighs besides its texts, in characters: objects and numbers. */
export const BARE_WEIGHT = 300;
/** Heavier ones are held with their texts cut. */
const MAX_WEIGHT = 4096;
const MAX_ATTRIBUTES = 32;
const MAX_TEXT_CHARACTERS = 300;
const MAX_TRIES = 32;

/** A request that waits for what others saw of it, as light as need be: what it is joined by stays, and its tags go. */
export function heldRequest(told: JoinRequest): { readonly held: JoinRequest; readonly weight: number } {
  const { request } = told;
  const weight = weightOfRequest(request);
  const tagged = request.tags.size > 0 ? { ...request, tags: Attributes.EMPTY } : request;
  if (weight <= MAX_WEIGHT) return { held: { ...told, request: tagged }, weight };
  return { held: { ...told, request: cutRequest(tagged) }, weight: MAX_WEIGHT };
}

export function heldSpan(span: JoinSpan): { readonly held: JoinSpan; readonly weight: number } {
  const weight = BARE_WEIGHT + span.name.length + span.spanId.length + span.parentSpanId.length + weightOfAttributes(span.attributes);
  if (weight <= MAX_WEIGHT) return { held: span, weight };
  const { name, spanId, parentSpanId, attributes } = span;
  const held = {
    ...span,
    name: cutText(name, MAX_TEXT_CHARACTERS),
    spanId: cutText(spanId, MAX_TEXT_CHARACTERS),
    parentSpanId: cutText(parentSpanId, MAX_TEXT_CHARACTERS),
    attributes: cutAttributes(attributes),
  };
  return { held, weight: MAX_WEIGHT };
}

function weightOfRequest({ endpoint, errorText, vu, iteration, scenario, group, traceId, parentSpanId, requestId, proxy }: LoadRequest): number {
  const texts = [endpoint.method, endpoint.name, endpoint.url, errorText, vu, iteration, scenario, group, traceId, parentSpanId, requestId];
  const tries = proxy?.tries ?? [];
  return BARE_WEIGHT + texts.reduce((sum, { length }) => sum + length, 0) + tries.reduce((sum, { address }) => sum + 100 + address.length, 0);
}

function cutRequest(request: LoadRequest): LoadRequest {
  const { endpoint, errorText, vu, iteration, scenario, group, traceId, parentSpanId, requestId, proxy } = request;
  const cut = (text: string) => cutText(text, MAX_TEXT_CHARACTERS);
  return {
    ...request,
    endpoint: { ...endpoint, method: cut(endpoint.method), name: cut(endpoint.name), url: cut(endpoint.url) },
    errorText: cut(errorText),
    vu: cut(vu),
    iteration: cut(iteration),
    scenario: cut(scenario),
    group: cut(group),
    traceId: cut(traceId),
    parentSpanId: cut(parentSpanId),
    requestId: cut(requestId),
    proxy: proxy === undefined ? undefined : { ...proxy, tries: proxy.tries.slice(-MAX_TRIES).map((one) => ({ ...one, address: cut(one.address) })) },
  };
}

function weightOfAttributes(attributes: Attributes): number {
  let weight = attributes.size * 50;
  for (let index = 0; index < attributes.size; index++) {
    const value = attributes.values[index];
    weight += (attributes.keys[index] as string).length + (typeof value === "string" ? value.length : typeof value === "object" ? MAX_WEIGHT : 0);
  }
  return weight;
}

function cutAttributes(attributes: Attributes): Attributes {
  const kept: (readonly [string, AnyValue])[] = [];
  for (let index = 0; index < attributes.size && kept.length < MAX_ATTRIBUTES; index++) {
    const any = attributes.at(index);
    const isNumber = any.kind === "int" || any.kind === "double" || any.kind === "bool";
    kept.push([cutText(attributes.keys[index] as string, MAX_TEXT_CHARACTERS), isNumber ? any : { kind: "string", value: textOf(any) }]);
  }
  return Attributes.of(kept);
}
