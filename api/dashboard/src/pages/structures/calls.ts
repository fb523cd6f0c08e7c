/** What the structures' pages ask the API, each written once. */
import { api, body, made, type Schemas } from "../../api/client";
import type { Words } from "../../kit/edit";

export type Structure = Schemas["Structure"];
export type TypeConfig = Schemas["TypeConfig"];

export const STRUCTURE_CHARS_MAX = 100;

const at = (id: string) => ({ params: { path: { id } } });
const as = (row: Structure) => ({ params: { path: { id: row.id }, header: { "If-Match": row.etag } } });

export const structureCalls = {
  list: (query: { search?: string; limit: number }) => body(api.GET("/api/v1/structures", { params: { query } })),
  one: (id: string) => body(api.GET("/api/v1/structures/{id}", at(id))),
  dependents: (id: string) => body(api.GET("/api/v1/structures/{id}/dependents", at(id))),
  edit: (row: Structure, words: Words) => made(api.PATCH("/api/v1/structures/{id}", { ...as(row), body: words })),
  remove: (row: Structure) => made(api.DELETE("/api/v1/structures/{id}", as(row))),
  config: (id: string) => body(api.GET("/api/v1/type-configs/{id}", at(id))),
  configs: (query: { search?: string; limit: number }) => body(api.GET("/api/v1/type-configs", { params: { query } })),
  source: (digest: string) =>
    body(api.GET("/api/v1/objects/{digest}", { params: { path: { digest } }, parseAs: "text" })),
};

export const fileOf = (row: Structure) => `/api/v1/objects/${row.source.digest}`;
