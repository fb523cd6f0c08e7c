/** The words of the home page. */
import type { Table } from "../../words/table";

export const home = {
  "home.running": ["进行中的任务", "Running jobs"],
  "home.recent": ["最近的任务", "Recent jobs"],
  "home.machines": ["执行机", "Machines"],
} as const satisfies Table;
