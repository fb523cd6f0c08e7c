/** The parts of the form for a conversion: the model, the execution parameters, the images it is verified on. */
import { useQuery } from "@tanstack/react-query";
import { Checkbox, Input, Select } from "antd";

import { api, body } from "../../api/client";
import { Choose } from "../../kit/choose";
import { when } from "../../kit/shown";
import { useWords } from "../../words/say";
import { dayOf } from "./conversion-form";
import { conversionForm as conversions } from "./conversion-form-words";
import { Labelled } from "./labelled";

/** What the form holds beside the template. */
export interface Asked {
  pth: string | null;
  template: string | null;
  name: string;
  version: string;
  merge: boolean;
  copy: boolean;
  dataset: string | null;
  datasetVersion: string | null;
}

export interface PartProps {
  asked: Asked;
  change: (some: Partial<Asked>) => void;
}

type Listed = { search?: string; limit: number };
const pths = (asked: Listed) => body(api.GET("/api/v1/pth", { params: { query: asked } }));
const datasets = (asked: Listed) => body(api.GET("/api/v1/datasets", { params: { query: asked } }));

export function usePth(id: string | null) {
  return useQuery({
    queryKey: ["models", "pth", id],
    queryFn: () => body(api.GET("/api/v1/pth/{id}", { params: { path: { id: id ?? "" } } })),
    enabled: id !== null,
  });
}

export function ModelPart({ asked, change }: PartProps) {
  const { say } = useWords(conversions);
  const chosen = usePth(asked.pth);
  const own = chosen.data ? chosen.data.name + dayOf(new Date()) : "";
  return (
    <div className="template-fields">
      <Labelled id="conversion-pth" label={say("conversion.choose_pth")} hint={say("conversion.pth_hint")}>
        <Choose
          id="conversion-pth"
          name={["models", "pth"]}
          ask={pths}
          known={chosen.data ? [chosen.data] : []}
          label={say("conversion.choose_pth")}
          value={asked.pth}
          onChange={(pth) => change({ pth })}
        />
      </Labelled>
      <Labelled id="conversion-name" label={say("conversion.name")} hint={say("conversion.name_hint")}>
        <Input
          id="conversion-name"
          maxLength={200}
          value={asked.name}
          placeholder={own}
          onChange={(event) => change({ name: event.target.value })}
        />
      </Labelled>
      <Labelled id="conversion-version" label={say("conversion.version")} hint={say("conversion.version_hint")}>
        <Input
          id="conversion-version"
          maxLength={200}
          value={asked.version}
          placeholder={say("conversion.version_next")}
          onChange={(event) => change({ version: event.target.value })}
        />
      </Labelled>
    </div>
  );
}

export function ParametersPart({ asked, change }: PartProps) {
  const { say } = useWords(conversions);
  return (
    <fieldset className="plain-set">
      <legend className="visually-hidden">{say("conversion.parameters")}</legend>
      <p>
        <Checkbox checked={asked.merge} onChange={(event) => change({ merge: event.target.checked })}>
          {say("conversion.merge")}
        </Checkbox>
        <small>{say("conversion.merge_hint")}</small>
      </p>
      <p>
        <Checkbox checked={asked.copy} onChange={(event) => change({ copy: event.target.checked })}>
          {say("conversion.copy")}
        </Checkbox>
        <small>{say("conversion.copy_hint")}</small>
      </p>
    </fieldset>
  );
}

export function ImagesPart({ asked, change }: PartProps) {
  const { say, lang } = useWords(conversions);
  const chosen = useQuery({
    queryKey: ["datasets", asked.dataset],
    queryFn: () => body(api.GET("/api/v1/datasets/{id}", { params: { path: { id: asked.dataset ?? "" } } })),
    enabled: asked.dataset !== null,
  });
  const versions = chosen.data?.versions ?? [];
  return (
    <div className="template-fields">
      <Labelled id="conversion-dataset" label={say("conversion.dataset")} hint={say("conversion.dataset_hint")}>
        <Choose
          id="conversion-dataset"
          name={["datasets", "list"]}
          ask={datasets}
          known={chosen.data ? [chosen.data] : []}
          label={say("conversion.dataset")}
          value={asked.dataset}
          onChange={(dataset) => change({ dataset, datasetVersion: null })}
          clearable
        />
      </Labelled>
      {versions.length > 1 ? (
        <Labelled id="conversion-dataset-version" label={say("conversion.dataset_version")}>
          <Select<string>
            id="conversion-dataset-version"
            aria-label={say("conversion.dataset_version")}
            allowClear
            placeholder={say("conversion.newest")}
            {...(asked.datasetVersion ? { value: asked.datasetVersion } : {})}
            options={versions.map((each) => ({
              value: each.job_id,
              label: `${when(each.created_at, lang)} · ${say("conversion.images", { images: each.images })}`,
            }))}
            onChange={(version: string | undefined) => change({ datasetVersion: version ?? null })}
          />
        </Labelled>
      ) : null}
    </div>
  );
}
