/** The words of what really ran. */
import type { Table } from "../words/table";

export const backend = {
  "backend.on_platform": ["目标设备", "On the target device"],
  "backend.off_platform": ["未在目标设备上运行", "Not on the target device"],
  "backend.off_platform_brief": ["非目标设备", "Off target"],
  "fallback.no_nvidia_runtime": [
    "本版本没有 NVIDIA 运行时，在 CPU 上运行；耗时不代表设备性能。",
    "This version has no NVIDIA runtime; it ran on the CPU. Its times say nothing about a device.",
  ],
  "fallback.no_ascend_runtime": [
    "本版本没有 Ascend 运行时，在 CPU 上运行；耗时不代表设备性能。",
    "This version has no Ascend runtime; it ran on the CPU. Its times say nothing about a device.",
  ],
} as const satisfies Table;
