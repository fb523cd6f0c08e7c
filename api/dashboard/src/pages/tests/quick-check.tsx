/** A quick check: images that nobody labelled, and what the model answered; no figures, no comparison. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Alert, Descriptions, Skeleton, Space } from "antd";

import { api, body, type Schemas } from "../../api/client";
import { Backend, Fallbacks } from "../../kit/backend";
import { milliseconds, NONE } from "../../kit/charts/figures";
import { hasEnded, JobActions } from "../../kit/job-actions";
import { JobProgress } from "../../kit/job-progress";
import { placeOf } from "../../kit/linked";
import { Problem } from "../../kit/problem";
import { short, when } from "../../kit/shown";
import { State } from "../../kit/state";
import { useWords } from "../../words/say";
import { Images } from "./gallery";
import { chainText } from "./steps";
import { tests } from "./words";
import "./tests.css";

type QuickCheck = Schemas["QuickCheck"];
const oneCheck = (id: string) => body(api.GET("/api/v1/quick-checks/{id}", { params: { path: { id } } }));

export function QuickCheckPage() {
  const { say } = useWords(tests);
  const { id } = useParams({ from: "/quick-checks/$id" });
  const search = useSearch({ from: "/quick-checks/$id" });
  const navigate = useNavigate();
  const found = useQuery({ queryKey: ["jobs", "quick-check", id], queryFn: () => oneCheck(id) });
  const check = found.data;
  return (
    <div className="test-page">
      <div className="page-head">
        <h1>{say("quick.title")}</h1>
        {check ? (
          <Space>
            <State state={check.job.state} />
            <JobActions job={check.job} />
          </Space>
        ) : (
          <code>{short(id)}</code>
        )}
      </div>
      <p>{say("quick.note")}</p>
      {found.isError ? <Problem error={found.error} again={() => void found.refetch()} /> : null}
      {found.isPending ? <Skeleton active /> : null}
      {check && !hasEnded(check.job) ? (
        <Alert type="info" title={say("result.waiting")} description={<JobProgress job={check.job} />} />
      ) : null}
      {check?.job.message ? <Alert type="error" title={check.job.message} /> : null}
      {check ? <Detail check={check} /> : null}
      {check?.job.state === "completed" ? (
        <Images
          id={id}
          search={search}
          go={(next) => void navigate({ to: "/quick-checks/$id", params: { id }, search: next, resetScroll: false })}
        />
      ) : null}
    </div>
  );
}

function Detail({ check }: { check: QuickCheck }) {
  const { say, lang } = useWords(tests);
  const rows: [string, React.ReactNode][] = [
    [say("tests.model"), <Link key="m" to={placeOf("tron", check.model_id) ?? ""}>{`${check.model} ${check.version}`}</Link>],
    [say("tests.precision"), check.precision],
    [say("about.batch"), check.batch_size],
    [say("about.steps"), chainText(check.steps)],
    [say("result.images"), check.images ?? NONE],
    [say("result.skipped"), check.skipped ?? NONE],
    [say("tests.total"), milliseconds(check.total_ms)],
    [say("tests.preprocess"), milliseconds(check.preprocess?.mean_ms)],
    [say("tests.inference"), milliseconds(check.inference?.mean_ms)],
    [say("tests.postprocess"), milliseconds(check.postprocess?.mean_ms)],
    [say("column.created"), when(check.job.requested_at, lang)],
    ...(check.used
      ? ([
          [
            say("tests.backend"),
            <div key="used">
              <Backend used={check.used} />
              <Fallbacks used={check.used} />
            </div>,
          ],
        ] satisfies [string, React.ReactNode][])
      : []),
  ];
  return (
    <Descriptions
      size="small"
      bordered
      column={{ xs: 1, md: 2, xl: 3 }}
      items={rows.map(([name, children]) => ({ key: name, label: name, children }))}
    />
  );
}
