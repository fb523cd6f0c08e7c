/** What an import would keep and drop, and why. */
import { Descriptions } from "antd";

import type { Schemas } from "../../api/client";
import { useWords } from "../../words/say";
import { Bars } from "./bars";
import { Values } from "./ledger";
import { datasets } from "./words";

interface Props {
  report: Schemas["ScanReport"];
  survey: Schemas["Survey"];
}

export function ScanCounts({ report, survey }: Props) {
  const { say, label, lang } = useWords(datasets);
  return (
    <section className="filters" aria-label={say("dataset.figures")}>
      <h2>{say("map.counts", { images: survey.images.toLocaleString(lang), dropped: survey.dropped.toLocaleString(lang) })}</h2>
      <Descriptions
        size="small"
        items={[
          { key: "format", label: say("map.found"), children: report.format },
          { key: "records", label: say("map.records"), children: report.records.toLocaleString(lang) },
          { key: "type", label: say("dataset.type"), children: label("dataset_type", report.wanted?.kind ?? "") },
        ]}
      />
      {survey.dropped ? (
        <div className="figures">
          <Bars
            title={say("ledger.reasons")}
            named={say("ledger.reason")}
            unit={say("ledger.count")}
            counts={survey.reasons}
            shown={(code) => label("drop", code)}
          />
          {survey.values.length ? <Values values={survey.values} /> : null}
        </div>
      ) : null}
    </section>
  );
}
