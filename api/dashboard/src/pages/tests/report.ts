/** A test's report, read from the API. */
import { api, body } from "../../api/client";

export const readReport = (id: string) => body(api.GET("/api/v1/tests/{id}/result", { params: { path: { id } } }));

export type Report = Awaited<ReturnType<typeof readReport>>;
export type TaskReport = Report["tasks"][number];
export type BoxReport = NonNullable<Report["detection"]>;
