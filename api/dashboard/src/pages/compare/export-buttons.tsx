/** The comparison taken along: as CSV or Markdown, or as the API's JSON. */
import { Button, Space } from "antd";

import type { Schemas } from "../../api/client";
import type { Run } from "../../kit/charts/options";
import { useWords } from "../../words/say";
import { csvOf, type Format, FORMATS, markdownOf, MEDIA, type Words } from "./export";
import { useFigureName } from "./figure-name";
import { compare } from "./words";

interface Props {
  data: Schemas["Comparison"];
  runs: readonly Run[];
}

export function ExportButtons({ data, runs }: Props) {
  const { say, label } = useWords(compare);
  const figure = useFigureName();
  const words = {
    test: say("compare.test"),
    base: say("compare.base"),
    figure,
    verdict: (code: string) => label("judged", code),
  };
  return (
    <Space.Compact>
      {FORMATS.map((format) => (
        <Button key={format} onClick={() => save(textOf(format, data, runs, words), format)}>
          {`${say("compare.export")} ${format.toUpperCase()}`}
        </Button>
      ))}
    </Space.Compact>
  );
}

function textOf(format: Format, data: Props["data"], runs: readonly Run[], words: Words): string {
  switch (format) {
    case "json":
      return JSON.stringify(data, null, 2);
    case "csv":
      // the mark tells spreadsheets that it is UTF-8
      return `\uFEFF${csvOf(data)}`;
    case "md":
      return markdownOf(data, runs, words);
  }
}

function save(text: string, format: Format): void {
  const address = URL.createObjectURL(new Blob([text], { type: MEDIA[format] }));
  const link = document.createElement("a");
  link.href = address;
  link.download = `comparison.${format}`;
  link.click();
  URL.revokeObjectURL(address);
}
