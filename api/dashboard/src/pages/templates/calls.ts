/** What the templates' pages ask the API, each written once. */
import { api, body, made, type Schemas } from "../../api/client";
import type { Document } from "./document";

export type Template = Schemas["Template"];

export const NAME_CHARS_MAX = 200;

const at = (id: string) => ({ params: { path: { id } } });
const as = (row: Template) => ({ params: { path: { id: row.id }, header: { "If-Match": row.etag } } });

export const templateCalls = {
  list: (query: { search?: string; limit: number }) => body(api.GET("/api/v1/templates", { params: { query } })),
  one: (id: string) => body(api.GET("/api/v1/templates/{id}", at(id))),
  dependents: (id: string) => body(api.GET("/api/v1/templates/{id}/dependents", at(id))),
  remove: (row: Template) => made(api.DELETE("/api/v1/templates/{id}", as(row))),
  save: (document: Document, note: string) => made(api.POST("/api/v1/templates", { body: { document, note } })),
  replace: (row: Template, document: Document, note: string) =>
    made(api.PATCH("/api/v1/templates/{id}", { ...as(row), body: { document, note } })),
  copy: (id: string, name: string, note: string) =>
    made(api.POST("/api/v1/templates/{id}/copy", { ...at(id), body: { name, note } })),
  diff: (left: string, right: string) =>
    body(api.GET("/api/v1/templates/{id}/diff", { params: { path: { id: left }, query: { with: right } } })),
};
