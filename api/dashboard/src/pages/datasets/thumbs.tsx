/** A page of images, small, with their boxes; each leads to the large one. */
import { useWords } from "../../words/say";
import { type DatasetRecord, files } from "./calls";
import { datasets } from "./words";

interface Props {
  id: string;
  version: string | undefined;
  records: readonly DatasetRecord[];
  raw: boolean;
  look: (number: number) => void;
}

const BOXES_MAX = 100;

export function Thumbs({ id, version, records, raw, look }: Props) {
  const { say } = useWords(datasets);
  return (
    <ul className="thumbs" aria-label={say("view.images")}>
      {records.map((record) => (
        <li key={record.number}>
          <button type="button" className="thumb" onClick={() => look(record.number)}>
            <Thumb src={files.image(id, record.number, version)} record={record} raw={raw} />
            <span className="thumb-name">{record.name}</span>
            <span className="thumb-said">{saidOf(record)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** What is said of the image as a whole, else how many boxes of how many classes. */
function saidOf(record: DatasetRecord): string {
  const labels = Object.values(record.labels).join(" · ");
  return labels || (record.boxes.length ? `▢ ${record.boxes.length}` : "");
}

function Thumb({ src, record, raw }: { src: string; record: DatasetRecord; raw: boolean }) {
  return (
    <span className="thumb-picture">
      <img src={src} alt="" loading="lazy" decoding="async" width={record.width} height={record.height} />
      {raw || !record.boxes.length ? null : (
        <svg viewBox={`0 0 ${record.width} ${record.height}`} aria-hidden>
          {record.boxes.slice(0, BOXES_MAX).map((box, place) => (
            <rect key={place} x={box.x} y={box.y} width={box.width} height={box.height} />
          ))}
        </svg>
      )}
    </span>
  );
}
