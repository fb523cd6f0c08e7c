/** What the models' pages ask the API, each written once. */
import { api, body, made, type Schemas } from "../../api/client";
import type { Words } from "../../kit/edit";

export type Pth = Schemas["Pth"];
export type Tron = Schemas["Tron"];
export type Platform = Tron["platform"];

export type VerificationReport = Schemas["VerificationReport"];

export const NAME_CHARS_MAX = 200;

const at = (id: string) => ({ params: { path: { id } } });
const with_ = (row: { id: string; etag: string }) => ({
  params: { path: { id: row.id }, header: { "If-Match": row.etag } },
});

export const pthCalls = {
  one: (id: string) => body(api.GET("/api/v1/pth/{id}", at(id))),
  dependents: (id: string) => body(api.GET("/api/v1/pth/{id}/dependents", at(id))),
  edit: (row: Pth, words: Words) => made(api.PATCH("/api/v1/pth/{id}", { ...with_(row), body: words })),
  remove: (row: Pth) => made(api.DELETE("/api/v1/pth/{id}", with_(row))),
  file: (row: Pth) => `/api/v1/pth/${row.id}/file`,
};

export const tronCalls = {
  one: (id: string) => body(api.GET("/api/v1/trons/{id}", at(id))),
  manifest: (id: string) => body(api.GET("/api/v1/trons/{id}/manifest", at(id))),
  graphs: (id: string) => body(api.GET("/api/v1/trons/{id}/graphs", at(id))),
  graph: async (id: string, number: number) => {
    const at = { params: { path: { id, number } }, parseAs: "arrayBuffer" } as const;
    const bytes: unknown = await body(api.GET("/api/v1/trons/{id}/graphs/{number}", at));
    if (bytes instanceof ArrayBuffer) return bytes;
    throw new TypeError("a graph is bytes");
  },
  report: (id: string, revision: number | undefined) =>
    body(
      api.GET("/api/v1/trons/{id}/report", {
        params: { path: { id }, query: revision === undefined ? {} : { revision } },
      }),
    ),
  dependents: (id: string) => body(api.GET("/api/v1/trons/{id}/dependents", at(id))),
  edit: (row: Tron, { note }: Words) => made(api.PATCH("/api/v1/trons/{id}", { ...with_(row), body: { note } })),
  remove: (row: Tron) => made(api.DELETE("/api/v1/trons/{id}", with_(row))),
  file: (row: Tron) => `/api/v1/trons/${row.id}/file`,
};
