/** A small picture of an image with its boxes; a true box has gaps, a wrong one is thicker. */
import { memo } from "react";

import type { Schemas } from "../../api/client";
import { boxesOfOutcome } from "../../kit/picture-boxes";

interface Props {
  src: string;
  image: Schemas["ImageOutcome"];
}

export const Thumb = memo(function Thumb({ src, image }: Props) {
  const stroke = Math.max(image.width, image.height) / 160;
  return (
    <svg className="shot" viewBox={`0 0 ${image.width} ${image.height}`} aria-hidden focusable="false">
      <image href={src} width={image.width} height={image.height} />
      {boxesOfOutcome(image).map((box) => (
        <rect
          key={box.key}
          className={`shot-box ${box.side} ${box.outcome ?? "none"}`}
          x={box.left}
          y={box.top}
          width={Math.max(0, box.right - box.left)}
          height={Math.max(0, box.bottom - box.top)}
          strokeWidth={box.outcome === "wrong" || box.outcome === "missed" ? stroke * 2 : stroke}
          {...(box.side === "truth" ? { strokeDasharray: `${stroke * 4} ${stroke * 3}` } : {})}
        />
      ))}
    </svg>
  );
});
