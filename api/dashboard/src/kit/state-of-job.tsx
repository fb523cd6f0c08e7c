/** How a job stands, and how far it is while it waits or runs. */
import { Space } from "antd";

import type { Schemas } from "../api/client";
import { JobProgress } from "./job-progress";
import { State } from "./state";

export function StateOfJob({ job }: { job: Schemas["Job"] }) {
  return (
    <Space orientation="vertical" size={0}>
      <State state={job.state} />
      {job.state === "running" || job.state === "queued" ? <JobProgress job={job} /> : null}
    </Space>
  );
}
