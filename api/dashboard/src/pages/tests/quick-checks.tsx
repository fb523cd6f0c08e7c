/** Quick checks: the list, live. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button } from "antd";

import { api, body, type Schemas } from "../../api/client";
import { Backend } from "../../kit/backend";
import { milliseconds, NONE } from "../../kit/charts/figures";
import { JobActions } from "../../kit/job-actions";
import { Listing } from "../../kit/listing";
import { useWords } from "../../words/say";
import { useJobColumns } from "./job-columns";
import { tests } from "./words";
import "./tests.css";

type QuickCheck = Schemas["QuickCheck"];

export function QuickChecks() {
  const { say } = useWords(tests);
  const search = useSearch({ from: "/quick-checks" });
  const navigate = useNavigate();
  const columns = useJobColumns<QuickCheck>("quick_check", [
    { title: say("tests.precision"), dataIndex: "precision" },
    { title: say("result.images"), align: "right", render: (_, row) => row.images ?? NONE },
    { title: say("tests.backend"), render: (_, row) => (row.used ? <Backend used={row.used} brief /> : NONE) },
    { title: say("tests.total"), align: "right", render: (_, row) => milliseconds(row.total_ms) },
  ]);
  return (
    <Listing<QuickCheck>
      name={["jobs", "quick-checks"]}
      title={say("menu.quick_checks")}
      search={search}
      ask={(asked) => body(api.GET("/api/v1/quick-checks", { params: { query: asked } }))}
      columns={columns}
      head={
        <Button type="primary" onClick={() => void navigate({ to: "/tests/new", search: { quick: true } })}>
          {say("quick.new")}
        </Button>
      }
      actions={(row) => <JobActions job={row.job} small />}
    />
  );
}
