"""The words of queues, retries, logs and events, in both languages."""

from __future__ import annotations

EN = {
    "help.jobs.retry": "Ask again for a job that failed, was cancelled or is quarantined.",
    "help.jobs.logs": "Show what a job's newest attempt left to read; with -f, follow a running one.",
    "help.events": "What happens, and what happened.",
    "help.events.tail": "Show events as they happen; of one thing or job, those that happened first. End with Ctrl-C.",
    "option.follow": "Go on with what comes.",
    "option.follow_log": "Follow a running job's log until its end.",
    "option.attempt": "Another attempt's log than the newest one's.",
    "option.topics": "Only these topics: models, structures, templates, datasets, tests, jobs, progress, logs (a,b)",
    "option.entity": "Only what has to do with this thing or job (whole id).",
    "column.position": "place in the queue",
    "column.waiting": "waits for",
    "column.retry_of": "retry of",
    "column.logs": "logs of attempts",
    "job.position": "number {position} in the queue",
    "job.attempts": "{epoch} of at most {attempts_max}",
    "events.resync": "Something was missed here: look again at what you were watching.",
    "log.gap": "…",
}
ZH = {
    "help.jobs.retry": "重试失败、已取消或被隔离的任务。",
    "help.jobs.logs": "查看任务最近一次执行的日志；-f 跟随运行中的任务。",
    "help.events": "正在发生与已发生的事件。",
    "help.events.tail": "实时显示事件；指定对象或任务时先显示其历史。按 Ctrl-C 结束。",
    "option.follow": "继续显示新的事件。",
    "option.follow_log": "跟随运行中任务的日志直到结束。",
    "option.attempt": "查看另一次执行的日志（默认最近一次）。",
    "option.topics": "只看这些主题，用逗号分隔：models, structures, templates, datasets, tests, jobs, progress, logs。",
    "option.entity": "只看与该对象或任务有关的事件（完整 id）。",
    "column.position": "排队位置",
    "column.waiting": "等待",
    "column.retry_of": "重试自",
    "column.logs": "有日志的执行",
    "job.position": "排队第 {position} 位",
    "job.attempts": "第 {epoch} 次，最多 {attempts_max} 次",
    "events.resync": "此处遗漏了一些事件：请重新查看所关注的内容。",
    "log.gap": "…",
}
