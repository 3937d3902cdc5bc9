import { describe, expect, test } from "vitest";
import type { EndpointVote, RawEndpoint } from "../../../../collector/run/endpoints/resolve-endpoints.ts";
import { resolveEndpoints } from "../../../../collector/run/endpoints/resolve-endpoints.ts";

function canonical(raw: readonly RawEndpoint[], votes: readonly EndpointVote[] = [], rules: Parameters<typeof resolveEndpoints>[2] = []) {
  return resolveEndpoints(raw, votes, rules).map(({ canonical: name, by }) => `${name} (${by})`);
}
const route = (method: string, name: string): RawEndpoint => ({ method, name, source: "route" });
const path = (method: string, name: string): RawEndpoint => ({ method, name, source: "path" });
const named = (method: string, name: string): RawEndpoint => ({ method, name, source: "name" });
const url = (method: string, name: string): RawEndpoint => ({ method, name, source: "url" });

describe("routes of all frameworks have one style", () => {
  test.each([
    ["/works/:id", "/works/{id}"],
    ["/works/:id(\\d+)/notes", "/works/{id}/notes"],
    ["/works/<int:id>", "/works/{id}"],
    ["/works/{id:int}", "/works/{id}"],
    ["/files/*", "/files/{*}"],
    ["/files/*path", "/files/{*path}"],
    ["/files/{*path}", "/files/{*path}"],
    ["/files/{path...}", "/files/{*path}"],
    ["GET /works/{id}", "/works/{id}"],
    ["/v1/works:batchGet", "/v1/works:batchGet"],
  ])("%s → %s", (given, style) => expect(canonical([route("GET", given)])).toEqual([`GET ${style} (route)`]));
});

test("routes that differ in style and parameter names are one, spelled as the first", () => {
  expect(canonical([route("GET", "/works/:workId"), route("GET", "/works/{id}"), route("POST", "/works/<x>/")])).toEqual([
    "GET /works/{workId} (route)",
    "GET /works/{workId} (route)",
    "POST /works/{workId} (route)",
  ]);
});

test("a path takes the name of the narrowest route that it fits, with ids in any form", () => {
  const raw = [route("GET", "/works/{id}"), route("GET", "/works/recent"), route("GET", "/works/{*rest}")];
  expect(
    canonical([
      ...raw,
      path("GET", "/works/{id}"),
      path("GET", "/works/recent"),
      url("GET", "http://h/works/alice?x=1"),
      path("GET", "/works/a/b"),
    ]).slice(3),
  ).toEqual(["GET /works/{id} (matched)", "GET /works/recent (matched)", "GET /works/{id} (matched)", "GET /works/{*rest} (matched)"]);
});

test("a path that was templated too much still fits the route that writes the part out", () => {
  expect(canonical([route("GET", "/api/2024/works"), path("GET", "/api/{id}/works")])[1]).toBe("GET /api/2024/works (matched)");
});

test("a path of another method does not fit", () => {
  expect(canonical([route("GET", "/works/{id}"), path("DELETE", "/works/7")])[1]).toBe("DELETE /works/{id} (template)");
});

test("a script's name belongs to the route that its requests reached, if that is clear", () => {
  const raw = [named("GET", "puzzle_gallery_list"), route("GET", "/api/runtime/puzzle/gallery"), route("GET", "/api/works"), named("GET", "mixed")];
  const votes = [
    { endpoint: 0, as: 1, count: 97 },
    { endpoint: 0, as: 2, count: 3 },
    { endpoint: 3, as: 1, count: 60 },
    { endpoint: 3, as: 2, count: 40 },
  ];
  expect(canonical(raw, votes)).toEqual([
    "GET /api/runtime/puzzle/gallery (joined)",
    "GET /api/runtime/puzzle/gallery (route)",
    "GET /api/works (route)",
    "mixed (name)",
  ]);
});

test("without an application the proxy's path names the script's requests, and a ring of votes ends", () => {
  const raw = [named("GET", "detail"), path("GET", "/works/{id}")];
  const votes = [
    { endpoint: 0, as: 1, count: 5 },
    { endpoint: 1, as: 0, count: 5 },
    { endpoint: 1, as: 9, count: 5 },
  ];
  expect(canonical(raw, votes)).toEqual(["GET /works/{id} (joined)", "GET /works/{id} (template)"]);
});

test("a proxy that strips a prefix is joined to the route behind it", () => {
  const raw = [path("GET", "/public/works/{id}"), route("GET", "/works/:id")];
  expect(canonical(raw, [{ endpoint: 0, as: 1, count: 9 }])[0]).toBe("GET /works/{id} (joined)");
});

test("a rule goes before all else", () => {
  const rules = [{ match: "gallery", as: "/gallery" }];
  expect(canonical([route("GET", "/api/gallery"), named("GET", "puzzle_gallery_list"), url("POST", "http://h/gallery/7")], [], rules)).toEqual([
    "GET /gallery (rule)",
    "GET /gallery (rule)",
    "POST /gallery (rule)",
  ]);
});

test("a name without a method belongs to the only method that others know, and to none where there are two", () => {
  expect(canonical([route("", "/works"), route("GET", "/works")])).toEqual(["GET /works (route)", "GET /works (route)"]);
  expect(canonical([route("", "/works"), route("GET", "/works"), route("POST", "/works")])[0]).toBe("/works (route)");
  expect(canonical([path("", "/works/{id}"), route("GET", "/works/:id"), route("PUT", "/works/:id")])[0]).toBe("/works/{id} (matched)");
});

test("names that are no paths stay as they are; paths without ids too", () => {
  expect(
    canonical([named("GET", "list"), path("GET", "/health"), named("GET", "GET /works/${id}"), { method: "", name: "", source: "none" }]),
  ).toEqual(["list (name)", "GET /health (none)", "GET /works/{id} (name)", "(unnamed) (none)"]);
});

test("a gRPC path fits the method name of the server", () => {
  const raw = [route("", "shop.Works/Get"), path("POST", "/shop.Works/Get")];
  expect(canonical(raw)).toEqual(["POST shop.Works/Get (route)", "POST shop.Works/Get (matched)"]);
});
