/** A quick check: images that nobody labelled, and what the model answered; no figures, no comparison. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";

import { api, body, type Schemas } from "../../api/client";
import { chainText } from "../../kit/chain";
import { milliseconds, NONE } from "../../kit/charts/figures";
import { useWords } from "../../words/say";
import { Images } from "./gallery";
import { JobPage, type Row } from "./job-page";
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
  const rows = (check: QuickCheck): Row[] => [
    [say("tests.precision"), check.precision],
    [say("about.batch"), check.batch_size],
    [say("about.steps"), chainText(check.steps)],
    [say("result.images"), check.images ?? NONE],
    [say("result.skipped"), check.skipped ?? NONE],
    [say("tests.total"), milliseconds(check.total_ms)],
    [say("tests.preprocess"), milliseconds(check.preprocess?.mean_ms)],
    [say("tests.inference"), milliseconds(check.inference?.mean_ms)],
    [say("tests.postprocess"), milliseconds(check.postprocess?.mean_ms)],
  ];
  return (
    <JobPage id={id} title={say("quick.title")} note={say("quick.note")} found={found} rows={rows}>
      {() => (
        <Images
          id={id}
          search={search}
          go={(next) => void navigate({ to: "/quick-checks/$id", params: { id }, search: next, resetScroll: false })}
        />
      )}
    </JobPage>
  );
}
