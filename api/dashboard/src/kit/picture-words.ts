/** The words of pictures with boxes. */
import type { Table } from "../words/table";

export const picture = {
  "picture.in": ["放大", "Zoom in"],
  "picture.out": ["缩小", "Zoom out"],
  "picture.fit": ["适应窗口", "Fit"],
  "picture.true_size": ["原始像素", "Actual pixels"],
  "picture.truth": ["标注框", "True boxes"],
  "picture.found": ["推理框", "Found boxes"],
  "picture.hide": ["隐藏全部框", "Hide all boxes"],
  "picture.tools": ["图片工具", "Picture tools"],
  "picture.broken": ["图片无法显示", "The picture cannot be shown"],
  "picture.boxes": ["{name}：标注框 {truth} 个，推理框 {found} 个", "{name}: {truth} true boxes, {found} found boxes"],
  "picture.keys": [
    "快捷键：+ / - 缩放，0 适应窗口，方向键平移，g 标注框，p 推理框，h 隐藏全部框",
    "Keys: + / - zoom, 0 fits, arrows move, g true boxes, p found boxes, h hides all boxes",
  ],
  "picture.legend": [
    "实线：推理框；虚线：标注框。✓ TP 正确，✕ FP 误检，○ FN 漏检，– 不计入，· 低于阈值",
    "Solid: found; dashed: true. ✓ TP right, ✕ FP wrong, ○ FN missed, – not counted, · below the threshold",
  ],
} as const satisfies Table;
