/** A version in numbers: classes, boxes, sizes, attributes. A class or value leads to its images. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Empty, Skeleton, Typography } from "antd";
import type { ReactNode } from "react";

import { Problem } from "../../kit/problem";
import { useWords } from "../../words/say";
import { Bars } from "./bars";
import { datasetCalls, type Figures } from "./calls";
import { bySize, byStart } from "./counts";
import { changed, type DatasetSearch } from "./search";
import { datasets } from "./words";

export const figuresQuery = (id: string, version: string | undefined) => ({
  queryKey: ["datasets", "figures", id, version ?? ""],
  queryFn: () => datasetCalls.figures(id, version),
});

export interface TabProps {
  id: string;
  search: DatasetSearch;
}

export function FiguresTab({ id, search }: TabProps) {
  const { say } = useWords(datasets);
  const found = useQuery(figuresQuery(id, search.version));
  if (found.isError && found.data === undefined) return <Problem error={found.error} again={() => void found.refetch()} />;
  if (found.isPending) return <Skeleton active />;
  const { figures } = found.data;
  if (!figures.images) return <Empty description={say("bars.none")} />;
  return (
    <div className="figures">
      <Classes id={id} search={search} figures={figures} />
      <Sizes figures={figures} />
      <Attributes id={id} search={search} figures={figures} />
    </div>
  );
}

/** A link to the images of a class or an attribute's value. */
function useLook({ id, search }: TabProps) {
  const { say } = useWords(datasets);
  return (by: Pick<DatasetSearch, "class" | "attribute">, text: string): ReactNode => (
    <Link
      to="/datasets/$id"
      params={{ id }}
      search={changed({ ...(search.version ? { version: search.version } : {}) }, { ...by, tab: "preview" })}
      aria-label={say("bars.look", { name: text })}
    >
      {text}
    </Link>
  );
}

function Classes({ figures, ...place }: TabProps & { figures: Figures }) {
  const { say } = useWords(datasets);
  const look = useLook(place);
  const unit = figures.type === "detection" ? say("bars.boxes") : say("bars.images");
  return Object.entries(figures.histograms.classes).map(([task, counts]) => (
    <Bars
      key={task}
      title={say("bars.class", { task })}
      unit={unit}
      counts={counts}
      link={(name, text) => look({ class: name }, text)}
    />
  ));
}

function Sizes({ figures }: { figures: Figures }) {
  const { say, label } = useWords(datasets);
  const { areas, boxes_per_image, sizes } = figures.histograms;
  const detection = figures.type === "detection";
  return (
    <>
      {detection ? (
        <>
          <Bars
            title={say("bars.areas")}
            unit={say("bars.boxes")}
            counts={bySize(areas)}
            ordered
            shown={(name) => label("area", name)}
          />
          <Bars title={say("bars.boxes_per_image")} unit={say("bars.images")} counts={byStart(boxes_per_image)} ordered />
        </>
      ) : null}
      <Bars
        title={say("bars.sizes")}
        unit={say("bars.images")}
        counts={sizes}
        shown={(name) => (name === "other" ? say("bars.other") : name.replace("x", " × "))}
      />
    </>
  );
}

function Attributes({ figures, ...place }: TabProps & { figures: Figures }) {
  const { say } = useWords(datasets);
  const look = useLook(place);
  return (
    <>
      {Object.entries(figures.dimensions).map(([name, counts]) => (
        <Bars
          key={name}
          title={say("bars.attribute", { name })}
          unit={say("bars.images")}
          counts={counts}
          link={(value, text) => look({ attribute: `${name}=${value}` }, text)}
        />
      ))}
      {figures.left_out.length ? (
        <Typography.Paragraph type="secondary">
          {say("bars.left_out", { names: figures.left_out.join(", ") })}
        </Typography.Paragraph>
      ) : null}
    </>
  );
}
