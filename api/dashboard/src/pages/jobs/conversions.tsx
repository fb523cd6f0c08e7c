/** Conversions to NVIDIA Tron models: how each stands, its measured error, and the model that it made. */
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button, type TableColumnsType } from "antd";

import "./jobs.css";
import { api, body, type Schemas } from "../../api/client";
import { JobActions } from "../../kit/job-actions";
import { JobProgress } from "../../kit/job-progress";
import { Linked } from "../../kit/linked";
import { Listing } from "../../kit/listing";
import { short, when } from "../../kit/shown";
import { State } from "../../kit/state";
import { useWords } from "../../words/say";
import { conversions } from "./conversion-words";
import { figure } from "./verification";

type Job = Schemas["Job"];

function Measured({ job }: { job: Job }) {
  const { say } = useWords(conversions);
  if (job.max_abs_error === null || job.error_threshold === null) return null;
  const passed = job.max_abs_error <= job.error_threshold;
  const params = { measured: figure(job.max_abs_error), threshold: figure(job.error_threshold) };
  return <span>{say(passed ? "conversion.within" : "conversion.above", params)}</span>;
}

function useColumns(): TableColumnsType<Job> {
  const { say, lang } = useWords(conversions);
  return [
    {
      title: say("conversion.job"),
      render: (_, job) => (
        <Link to="/jobs/$id" params={{ id: job.id }}>
          {job.name || short(job.id)}
        </Link>
      ),
    },
    { title: say("column.id"), render: (_, job) => <code>{short(job.id)}</code> },
    { title: say("column.state"), render: (_, job) => <State state={job.state} /> },
    { title: say("column.progress"), width: 200, render: (_, job) => <JobProgress job={job} /> },
    { title: say("conversion.error"), render: (_, job) => <Measured job={job} /> },
    {
      title: say("conversion.pth"),
      render: (_, job) => job.inputs.filter((each) => each.noun === "pth").map((each) => <Linked key={each.id} to={each} />),
    },
    {
      title: say("conversion.template"),
      render: (_, job) =>
        job.inputs.filter((each) => each.noun === "template").map((each) => <Linked key={each.id} to={each} />),
    },
    { title: say("conversion.made"), render: (_, job) => job.outputs.map((each) => <Linked key={each.id} to={each} />) },
    { title: say("conversion.requested"), render: (_, job) => when(job.requested_at, lang) },
  ];
}

export function Conversions() {
  const { say } = useWords(conversions);
  const navigate = useNavigate();
  const search = useSearch({ from: "/conversions" });
  return (
    <Listing<Job>
      name={["jobs", "conversions"]}
      title={say("conversion.list")}
      search={search}
      ask={(asked) => body(api.GET("/api/v1/jobs", { params: { query: { ...asked, kind: "conversion" } } }))}
      columns={useColumns()}
      actions={(job) => <JobActions job={job} small />}
      head={
        <Button type="primary" onClick={() => void navigate({ to: "/conversions/new" })}>
          {say("conversion.new")}
        </Button>
      }
    />
  );
}
