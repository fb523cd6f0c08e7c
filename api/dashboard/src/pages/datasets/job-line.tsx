/** How far a scan or an import is, live, in a line. */
import { Link } from "@tanstack/react-router";
import { Alert, Flex } from "antd";

import { JobProgress } from "../../kit/job-progress";
import { State } from "../../kit/state";
import { useWords } from "../../words/say";
import type { Job } from "./calls";
import { datasets } from "./words";

export function JobLine({ job, title }: { job: Job; title: string }) {
  const { say } = useWords(datasets);
  return (
    <div role="status" className="job-line">
      <Flex gap={12} align="center" wrap>
        <strong>{title}</strong>
        <State state={job.state} />
        <Link to="/jobs/$id" params={{ id: job.id }}>
          {say("job.open")}
        </Link>
      </Flex>
      <JobProgress job={job} />
      {job.message && job.state !== "completed" ? <Alert type="error" showIcon title={job.message} /> : null}
    </div>
  );
}
