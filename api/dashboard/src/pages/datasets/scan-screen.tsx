/** The second step: the scan, live; then its mapping, what would be dropped and why, and the confirmation. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Alert, App, Button, Flex, Skeleton } from "antd";
import { useState } from "react";

import type { Schemas } from "../../api/client";
import { Problem } from "../../kit/problem";
import { useWords } from "../../words/say";
import { type Scan, scanCalls, untilOver } from "./calls";
import { Confirm } from "./confirm";
import { draftOf, dropDraft, keepDraft } from "./draft";
import { JobLine } from "./job-line";
import { chosenOf, pairsOf, same } from "./mapping";
import { MappingTable } from "./mapping-table";
import { ScanCounts } from "./scan-counts";
import { datasets } from "./words";

export interface ScreenProps {
  scan: string;
  /** The dataset that gets a new version. */
  dataset: string | undefined;
  /** To another scan, or (undefined) back to the first step. */
  again: (scan: string | undefined) => void;
}

export function ScanScreen(props: ScreenProps) {
  const { say } = useWords(datasets);
  const found = useQuery({
    queryKey: ["jobs", "scan", props.scan],
    queryFn: () => scanCalls.one(props.scan),
    refetchInterval: (query) => untilOver(query.state.data?.job),
  });
  if (found.isError && found.data === undefined) return <Problem error={found.error} again={() => void found.refetch()} />;
  if (found.isPending) return <Skeleton active />;
  const { report } = found.data;
  return (
    <>
      {report === null ? <JobLine job={found.data.job} title={say("new.scanning")} /> : null}
      {report === null ? <Leave {...props} job={found.data.job} /> : <Mapping {...props} found={found.data} report={report} />}
    </>
  );
}

/** Out of it: a scan that still runs is stopped, and nothing stays. */
function Leave({ scan, again, job }: ScreenProps & { job: Scan["job"] }) {
  const { say } = useWords(datasets);
  const { message } = App.useApp();
  const navigate = useNavigate();
  const over = job.state !== "queued" && job.state !== "running";
  const stop = useMutation({
    mutationFn: async () => {
      if (!over) await scanCalls.cancel(scan);
    },
    onSuccess: () => {
      dropDraft(scan);
      void message.info(say("new.cancelled"));
      void navigate({ to: "/datasets" });
    },
  });
  return (
    <>
      {stop.isError ? <Problem error={stop.error} /> : null}
      <Flex gap={8}>
        {over ? <Button onClick={() => again(undefined)}>{say("new.from_start")}</Button> : null}
        <Button loading={stop.isPending} onClick={() => stop.mutate()}>
          {say("new.cancel_scan")}
        </Button>
      </Flex>
    </>
  );
}

function Mapping({ found, report, ...props }: ScreenProps & { found: Scan; report: Schemas["ScanReport"] }) {
  const { say } = useWords(datasets);
  const client = useQueryClient();
  const proposed = chosenOf(report.pairs);
  const [chosen, setChosen] = useState(proposed);
  const tasks = report.wanted?.tasks ?? [];
  const isChanged = !same(chosen, proposed);
  const whole = tasks.every((task) => chosen[task.name] !== undefined);
  const rescan = useMutation({
    mutationFn: () =>
      scanCalls.ask({
        digest: found.package.digest,
        file_name: found.package.name,
        format: report.format,
        split: found.split,
        type: "",
        template_id: found.template_id,
        sub_template: found.sub_template,
        pairs: pairsOf(tasks, chosen),
      }),
    onSuccess: (job) => {
      keepDraft(job.id, draftOf(props.scan));
      void client.invalidateQueries({ queryKey: ["jobs"] });
      props.again(job.id);
    },
  });
  return (
    <>
      {found.messages.map((each, place) => (
        <Alert key={place} className="filters" type="warning" showIcon title={each} />
      ))}
      {report.wanted ? (
        <MappingTable report={report} own={found.template_id === null} chosen={chosen} choose={setChosen} />
      ) : null}
      {isChanged ? (
        <Alert
          className="filters"
          type="info"
          showIcon
          title={say(whole ? "map.changed" : "map.unmapped")}
          action={
            <Button type="primary" disabled={!whole} loading={rescan.isPending} onClick={() => rescan.mutate()}>
              {say("map.rescan")}
            </Button>
          }
        />
      ) : null}
      {rescan.isError ? <Problem error={rescan.error} /> : null}
      {report.survey && !isChanged ? <ScanCounts report={report} survey={report.survey} /> : null}
      {report.wanted && report.survey && !isChanged ? (
        <Confirm {...props} found={found} kind={report.wanted.kind} survey={report.survey} />
      ) : null}
      <Leave {...props} job={found.job} />
    </>
  );
}
