import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pathOf, pathTemplate } from "../../../../collector/run/endpoints/path-template.ts";

describe("parts that look like ids become {id}", () => {
  test.each([
    ["http://127.0.0.1:8082/api/works/42?page=2#top", "/api/works/{id}"],
    ["/works/2f1c7e9a-0b1d-4c8e-9a51-0f2f3a4b5c6d/notes", "/works/{id}/notes"],
    ["/works/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/works/{id}"],
    ["/objects/deadbeef01", "/objects/{id}"],
    ["/objects/4bf92f3577b34da6a3ce929d0e0e4736", "/objects/{id}"],
    ["/u/V1StGXR8_Z5jdHi6B-myT", "/u/{id}"],
    ["/t/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0", "/t/{id}"],
    ["/works/work-0042", "/works/{id}"],
    ["/days/2026-05-12/plays", "/days/{id}/plays"],
    ["/users/user1234", "/users/{id}"],
    ["/users/ann%40example.org", "/users/{id}"],
    ["/images/81723.png", "/images/{id}.png"],
    ["/search/%E6%8B%BC%E5%9B%BE", "/search/{id}"],
    ["http://host/posts/${}", "/posts/{id}"],
  ])("%s → %s", (url, template) => expect(pathTemplate(url)).toBe(template));
});

describe("words stay what they are", () => {
  test.each([
    "/api/runtime/puzzle/gallery",
    "/v1/works/by-code",
    "/api/v2beta1/custom-world/list",
    "/oauth2/token",
    "/assets/index.css",
    "/works/{workId}",
    "/api/1.0/health",
    "/api/getUserProfileById2",
    "/base64/sha256/x264",
    "/facade/decade",
    "/@me/settings",
  ])("%s", (path) => expect(pathTemplate(path)).toBe(path));
});

test("scheme, host, query and fragment are no part of a path", () => {
  expect(pathOf("https://example.org")).toBe("/");
  expect(pathOf("https://example.org?a=/b")).toBe("/");
  expect(pathOf("/a/b?c#d")).toBe("/a/b");
});

test("any text gives a bounded name without its query, and templating it again changes nothing", () => {
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
      const template = pathTemplate(url);
      expect(template).not.toMatch(/[?#]/);
      expect(pathTemplate(template)).toBe(template);
    }),
  );
  fc.assert(fc.property(fc.string({ maxLength: 5000 }), (text) => pathTemplate(text).length <= 2100));
  expect(pathTemplate(`/${"a/".repeat(5000)}`).split("/").length).toBeLessThan(30);
  expect(pathTemplate(`/${"a".repeat(5000)}`)).toBe("/{id}");
});
