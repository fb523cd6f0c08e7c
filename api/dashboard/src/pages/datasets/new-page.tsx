/** A new dataset, or a new version of one: choose the data, see what an import would make of it, confirm. */
import "./datasets.css";

import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Steps } from "antd";

import { useWords } from "../../words/say";
import { datasetCalls } from "./calls";
import { keepDraft } from "./draft";
import { ScanScreen } from "./scan-screen";
import { SourceForm } from "./source-form";
import { datasets } from "./words";

export function NewPage() {
  const { say } = useWords(datasets);
  const search = useSearch({ from: "/datasets/new" });
  const navigate = useNavigate({ from: "/datasets/new" });
  const { scan, dataset } = search;
  const versionOf = useQuery({
    queryKey: ["datasets", "one", dataset],
    queryFn: () => datasetCalls.one(dataset ?? ""),
    enabled: dataset !== undefined,
  }).data;
  const title = dataset === undefined ? say("dataset.new") : say("dataset.new_version");
  const to = (next: string | undefined) =>
    void navigate({ search: { ...(dataset ? { dataset } : {}), ...(next ? { scan: next } : {}) } });
  return (
    <section aria-label={title}>
      <div className="page-head">
        <Link to="/datasets">{say("dataset.back")}</Link>
        <h1>{versionOf ? `${title} · ${versionOf.name}` : title}</h1>
      </div>
      <nav aria-label={say("new.steps")} className="narrow filters">
        <Steps
          size="small"
          current={scan === undefined ? 0 : 1}
          items={[
            { title: say("new.step_source") },
            { title: say("new.step_mapping") },
            { title: say("new.step_import") },
          ]}
        />
      </nav>
      {scan === undefined ? (
        <SourceForm
          named={dataset === undefined}
          asked={(job, draft) => {
            keepDraft(job.id, draft);
            to(job.id);
          }}
        />
      ) : (
        <ScanScreen key={scan} scan={scan} dataset={dataset} again={to} />
      )}
    </section>
  );
}
