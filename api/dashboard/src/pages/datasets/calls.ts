/** What the datasets' pages ask the API, each written once. */
import { api, body, type Schemas } from "../../api/client";
import { settled } from "../../api/settled";
import type { Words } from "../../kit/edit";

export type Dataset = Schemas["Dataset"];
export type DatasetRecord = Schemas["DatasetRecord"];
export type Figures = Schemas["PackInfo"];
export type Scan = Schemas["DatasetScan"];
export type Job = Schemas["Job"];
export type Test = Schemas["Test"];

/** What is asked of a version's images. */
export interface RecordsAsked {
  version?: string;
  class?: string;
  attribute?: string;
  search?: string;
}

export const RECORD_ROWS = 24;

const LOOK_AGAIN_MS = 3000;

/** A job that goes on is looked at again: an event may be heard before what it changes can be read. */
export function untilOver(job: Job | undefined): number | false {
  return job !== undefined && (job.state === "queued" || job.state === "running") ? LOOK_AGAIN_MS : false;
}

const ROWS = 50;

const at = (id: string) => ({ params: { path: { id } } });
const with_ = (row: Dataset) => ({ params: { path: { id: row.id }, header: { "If-Match": row.etag } } });
const versioned = (id: string, version?: string) => ({
  params: { path: { id }, query: version ? { version } : {} },
});
const tail = (version?: string) => (version ? `?version=${version}` : "");

export const datasetCalls = {
  one: (id: string) => body(api.GET("/api/v1/datasets/{id}", at(id))),
  dependents: (id: string) => body(api.GET("/api/v1/datasets/{id}/dependents", at(id))),
  edit: (row: Dataset, { note }: Words) => body(api.PATCH("/api/v1/datasets/{id}", { ...with_(row), body: { note } })),
  remove: (row: Dataset) => body(api.DELETE("/api/v1/datasets/{id}", with_(row))),
  figures: (id: string, version?: string) => body(api.GET("/api/v1/datasets/{id}/figures", versioned(id, version))),
  records: (id: string, asked: RecordsAsked, cursor?: string) =>
    body(
      api.GET("/api/v1/datasets/{id}/records", {
        params: { path: { id }, query: { ...asked, limit: RECORD_ROWS, ...(cursor ? { cursor } : {}) } },
      }),
    ),
  dropped: (id: string, asked: { version?: string; code?: string }, cursor?: string) =>
    body(
      api.GET("/api/v1/datasets/{id}/dropped", {
        params: { path: { id }, query: { ...asked, limit: ROWS, ...(cursor ? { cursor } : {}) } },
      }),
    ),
  tests: (id: string, cursor?: string) =>
    body(
      api.GET("/api/v1/tests", {
        params: { query: { dataset_id: id, limit: ROWS, ...(cursor ? { cursor } : {}) } },
      }),
    ),
  record: (id: string, number: number, version?: string) =>
    body(
      api.GET("/api/v1/datasets/{id}/records/{number}", {
        params: { path: { id, number }, query: version ? { version } : {} },
      }),
    ),
  /** The newest import into the dataset. */
  imports: (id: string) =>
    body(api.GET("/api/v1/jobs", { params: { query: { subject_id: id, kind: "import", limit: 1 } } })),
};

export const files = {
  pack: (id: string, version?: string) => `/api/v1/datasets/${id}/file${tail(version)}`,
  record: (id: string, number: number, version?: string) => `/api/v1/datasets/${id}/records/${number}${tail(version)}`,
  image: (id: string, number: number, version?: string) =>
    `/api/v1/datasets/${id}/records/${number}/image${tail(version)}`,
  rendered: (id: string, number: number, version?: string) =>
    `/api/v1/datasets/${id}/records/${number}/rendered${tail(version)}`,
};

export const scanCalls = {
  one: (id: string) => body(api.GET("/api/v1/dataset-scans/{id}", at(id))),
  ask: (wish: Schemas["ScanWish"]) =>
    settled((header) => body(api.POST("/api/v1/dataset-scans", { params: { header }, body: wish }))),
  cancel: (id: string) => body(api.POST("/api/v1/jobs/{id}/cancel", at(id))),
  catalogue: () => body(api.GET("/api/v1/catalogue")),
  keep: (item: string) => body(api.POST("/api/v1/catalogue/{id}/object", at(item))),
  create: (wish: Schemas["DatasetWish"]) =>
    settled((header) => body(api.POST("/api/v1/datasets", { params: { header }, body: wish }))),
  version: (id: string, wish: Schemas["VersionWish"]) =>
    settled((header) =>
      body(api.POST("/api/v1/datasets/{id}/versions", { params: { path: { id }, header }, body: wish })),
    ),
};
