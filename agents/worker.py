"""THE job loop, on every machine: read, decide, claim, run, say. Nobody dispatches; the log's order decides."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple
from uuid import UUID, uuid4

import msgspec

from agents.attempt import Attempt, Ended, Who, Workspaces
from agents.scheduling import STANDBY_S, Intent, Peer, plan, rank
from agents.table import LiveJob
from agents.tally import Tally
from agents.view import Happened, View
from agents.work import Handler
from producers.say import Speaker
from schemas.envelope import NAMESPACE, derived_id
from schemas.events import AgentSeen, Event, JobClaimed, JobFailed, JobLeaseExpired
from schemas.events.agents import AgentState
from schemas.lifecycle import FOLD_VERSION, owned_by
from schemas.values import Platform, ResourceClass
from storage.log.port import AppendUnknownError, Log, LogError, LostLogError, Position

READ_WAIT_S = 0.5
LOOK_S = 0.25
"""Longest time between two looks at leases, heartbeats and paused jobs."""
CLAIM_AGAIN_S = 5.0
"""An unanswered claim is said again (the same claim) after this long."""
STOP_S_MAX = 20.0
"""Longest wait for claims to be decided and running jobs to be handed back when the agent is told to stop."""
DEAF_S_MAX = 60.0
"""A reader that gets no answers for this long is replaced: it may be stuck while the log is well."""
REST_S = 5.0
REST_S_MAX = 300.0
"""Pause without new claims after an attempt that failed for this agent's own reasons, doubled each time: else one agent
with a full disk would be the first to claim every job, and use up all their attempts."""
OWN_REASONS = frozenset({"agent_disk", "objects_unreachable", "sandbox_missing"})

_log = logging.getLogger(__name__)


class Machine(NamedTuple):
    """What this agent is: its name, what it may do at once, the device it found (or not), and the sandbox that its jobs
    run in. With a sandbox that failed its test it claims nothing: every job runs what somebody uploaded."""

    agent: str
    platform: Platform
    slots: Mapping[ResourceClass, int]
    device: str = ""
    device_present: bool = False
    host: str = ""
    sandbox: str = ""
    sandbox_failed: tuple[str, ...] = ()


class Pace(NamedTuple):
    """How often the agent speaks, how long a lease is, how many jobs one user may have running."""

    lease_s: float = 60.0
    heartbeat_s: float = 5.0
    announce_s: float = 5.0
    user_running_max: int = 64


class _Claim(msgspec.Struct):
    """A claim that was said, or is being said; its slot is held until the log has decided it."""

    epoch: int
    resource: ResourceClass
    position: Position | None = None


class Worker:
    """One agent process. `run` returns after `stop` is set and its jobs were handed back."""

    def __init__(
        self,
        log: Log,
        speaker: Speaker,
        machine: Machine,
        handlers: Mapping[str, Handler],
        workspaces: Workspaces,
        *,
        pace: Pace,
        snapshot_path: Path | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._who = Who(machine.agent, uuid4(), derived_id(NAMESPACE, "agent", machine.agent))
        self._speaker, self._machine, self._pace, self._now = speaker, machine, pace, now
        self._handlers, self._workspaces = handlers, workspaces
        self._view = View(log, lease_s=pace.lease_s, announce_s=pace.announce_s, snapshot_path=snapshot_path, now=now)
        self.tally = Tally()
        self._attempts: dict[UUID, Attempt] = {}
        self._claims: dict[UUID, _Claim] = {}
        self._matches: dict[UUID, tuple[UUID, float]] = {}
        self._paused: dict[UUID, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._reading, self._stopping = True, False
        self._announced_s = self._rested_s = float("-inf")
        self._faults = 0

    @property
    def view(self) -> View:
        """What this agent sees; of use once `tally.began`."""
        return self._view

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`.

        Raises:
            LostLogError: the log is not the one this agent has read before.
        """
        await self._view.open()
        self.tally.began = True
        reading = asyncio.create_task(self._read())
        deciding = asyncio.create_task(self._decide())
        stopped = asyncio.create_task(stop.wait())
        try:
            done, _ = await asyncio.wait({reading, deciding, stopped}, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopped}:
                task.result()
            await self._hand_back()
        finally:
            # who reads and decides may begin attempts: these two go first
            self._reading = False
            deciding.cancel()
            stopped.cancel()
            await asyncio.gather(reading, deciding, stopped, return_exceptions=True)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._view.close()

    async def _read(self) -> None:
        heard_s = self._now()
        while self._reading:
            try:
                for happened in await self._view.read(wait_s=READ_WAIT_S):
                    self._notice(happened)
                self._settle_claims()
                self._wake.set()
                if not self._view.deaf():
                    heard_s = self._now()
                elif self._now() - heard_s > DEAF_S_MAX:
                    heard_s = self._now()
                    _log.warning("no answer from the log for %s s: reading on with a new reader", DEAF_S_MAX)
                    await self._view.reopen()
            except LostLogError:
                raise
            except LogError as error:
                _log.warning("the log cannot be read now: %s", error)
                await asyncio.sleep(READ_WAIT_S)

    def _notice(self, happened: Happened) -> None:
        job = happened.job
        self._matches.pop(job.id, None)
        if job.state == "queued" and job.retry_after_ms:
            self._paused[job.id] = self._now() + job.retry_after_ms / 1000
        attempt = self._attempts.get(job.id)
        if attempt is None:
            if isinstance(happened.envelope.event, JobClaimed):
                self._begin_if_ours(job.id)
        elif not owned_by(job, attempt.job.epoch, self._who.instance):
            attempt.stop("lost")
        elif job.cancelling:
            attempt.stop("cancelled")

    def _settle_claims(self) -> None:
        """Free the slot of every claim that the log has decided: won, lost, or overtaken."""
        for id_, claim in list(self._claims.items()):
            live = self._view.table.live.get(id_)
            if (
                live is None
                or live.job.epoch >= claim.epoch
                or (claim.position is not None and self._view.passed(*claim.position))
            ):
                del self._claims[id_]
                self.tally.claims_lost += live is None or not owned_by(live.job, claim.epoch, self._who.instance)

    def _begin_if_ours(self, id_: UUID) -> None:
        """Whatever became of the saying of the claim: a job that the log gave to us is ours to run."""
        live = self._view.table.live.get(id_)
        if live is None or not owned_by(live.job, live.job.epoch, self._who.instance):
            return
        attempt = Attempt(live.job, live.request, live.partition, self._who, self._speaker, self._view)
        self._attempts[live.job.id] = attempt
        self.tally.claims_won += 1
        if live.job.cancelling:
            attempt.stop("cancelled")
        elif self._stopping:
            attempt.stop("stopping")
        self._spawn(self._attempt(attempt, self._handlers[live.job.kind]))

    async def _attempt(self, attempt: Attempt, handler: Handler) -> None:
        began_s, named = self._now(), {"job_id": attempt.job.id, "epoch": attempt.job.epoch}
        _log.info("%s begins", attempt.job.kind, extra=named)
        try:
            ended = await attempt.run(handler, self._workspaces)
            if ended is not None:
                self._rest_after(ended)
        finally:
            del self._attempts[attempt.job.id]
            seconds = self._now() - began_s
            self.tally.attempted(attempt.job.kind, seconds)
            _log.info("%s leaves after %.1f s", attempt.job.kind, seconds, extra=named)
            self._wake.set()

    def _rest_after(self, ended: Ended) -> None:
        # What a child says of its job is never retriable: it may name any code, and must not send agents to rest.
        if not isinstance(ended, JobFailed) or not ended.retriable or ended.reason.code not in OWN_REASONS:
            self._faults = 0
            return
        rest_s = min(REST_S * 2.0 ** min(self._faults, 16), REST_S_MAX)
        self._faults, self._rested_s = self._faults + 1, self._now() + rest_s
        _log.warning("this agent cannot do jobs now (%s): it claims none for %s s", ended.reason.code, rest_s)

    async def _decide(self) -> None:
        while True:
            self._wake.clear()
            now = self._now()
            self._announce(now)
            self._beat(now)
            self._expire(now)
            look_s = self._claim_what_fits(now)
            try:
                async with asyncio.timeout(look_s):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _claim_what_fits(self, now: float) -> float:
        """Claim what is ours to claim now; the seconds until the next look."""
        self._paused = {id_: until for id_, until in self._paused.items() if until > now}
        if self._stopping or now < self._rested_s or self._view.newer_fold_version is not None:
            return LOOK_S
        if self._machine.sandbox_failed:
            return LOOK_S
        if not self._view.sees_everything():
            return LOOK_S
        others = self._view.peers(self._who.instance)
        look_s = LOOK_S
        for resource in self._machine.slots:
            for intent in self._intents(resource, others):
                waited_s = now - self._since(intent, now)
                if self._free(resource) > 0 and waited_s >= intent.delay_s:
                    live = self._view.table.live[intent.job]
                    self._claims[intent.job] = _Claim(live.job.epoch + 1, resource)
                    self._spawn(self._claim(live))
                elif waited_s < intent.delay_s:
                    look_s = min(look_s, max(intent.delay_s - waited_s, STANDBY_S / 10))
        return look_s

    def _intents(self, resource: ResourceClass, others: list[Peer]) -> list[Intent]:
        free = {str(name): self._free(name) for name in self._machine.slots}
        me = Peer(self._who.instance, self._machine.platform, free)
        return plan(
            self._view.table, resource, me, others, skip=self._skips, user_running_max=self._pace.user_running_max
        )

    def _skips(self, id_: UUID) -> bool:
        kind = self._view.table.live[id_].job.kind
        return id_ in self._paused or id_ in self._claims or id_ in self._attempts or kind not in self._handlers

    def _since(self, intent: Intent, now: float) -> float:
        """Since when the job has been matched as it is now; a new match gets its own time to act."""
        match, since = self._matches.get(intent.job, (None, now))
        if match != intent.match:
            self._matches[intent.job] = intent.match, now
            return now
        return since

    def _free(self, resource: ResourceClass) -> int:
        attempts = sum(attempt.job.resource == resource for attempt in self._attempts.values())
        claims = sum(claim.resource == resource for claim in self._claims.values())
        return self._machine.slots[resource] - attempts - claims

    async def _claim(self, live: LiveJob) -> None:
        """Say the claim; while nobody can tell whether the log has it, hold the slot and say it again."""
        job, epoch = live.job, live.job.epoch + 1
        event = JobClaimed(job_id=job.id, epoch=epoch, agent=self._who.agent, instance=self._who.instance)
        id_ = derived_id(job.id, "claim", str(epoch), str(self._who.instance))
        while (claim := self._claims.get(job.id)) is not None and claim.epoch == epoch:
            try:
                claim.position = await self._speaker.say(event, id=id_, actor=self._who.actor, cause=live.request.id)
                self._settle_claims()
                break
            except AppendUnknownError:
                await asyncio.sleep(CLAIM_AGAIN_S)
            except Exception as error:  # whatever it is, the slot must not be held for ever
                _log.warning("a job could not be claimed: %r", error, extra={"job_id": job.id, "event_id": id_})
                self._claims.pop(job.id, None)
                self._paused[job.id] = self._now() + CLAIM_AGAIN_S
        self._wake.set()

    def _beat(self, now: float) -> None:
        for attempt in self._attempts.values():
            if (word := attempt.word(now, self._pace.heartbeat_s)) is not None:
                self._spawn(self._say_perishable(word))
            if (lines := attempt.lines(now)) is not None:
                self._spawn(self._say_perishable(lines))

    def _expire(self, now: float) -> None:
        """Say that leases have run out: the first witness at once, the others a little later if it did not."""
        if self._view.newer_fold_version is not None:
            return
        others = [peer.instance for peer in self._view.peers(self._who.instance)]
        expired = self._view.leases.expired(
            now, cache(self._view.seen), lambda job: STANDBY_S * rank(job, self._who.instance, others)
        )
        for each in expired:
            if each.job not in self._attempts:
                event = JobLeaseExpired(
                    job_id=each.job, epoch=each.epoch, progressed=each.progressed, witness=self._who.agent
                )
                self.tally.leases_expired += 1
                self._spawn(self._say_perishable(event))

    def _announce(self, now: float) -> None:
        if now - self._announced_s < self._pace.announce_s:
            return
        self._announced_s = now
        state: AgentState = "draining" if self._stopping or self._machine.sandbox_failed else "ready"
        if self._view.newer_fold_version is not None:
            state = "incompatible"
            _log.error(
                "the log holds events of fold version %s, this agent knows %s: it claims nothing until it is upgraded",
                self._view.newer_fold_version,
                FOLD_VERSION,
            )
        self._spawn(self._say_perishable(self._seen(state)))

    def _seen(self, state: AgentState) -> AgentSeen:
        machine = self._machine
        return AgentSeen(
            agent=machine.agent,
            instance=self._who.instance,
            platform=machine.platform,
            slots={str(name): number for name, number in machine.slots.items()},
            state=state,
            device=machine.device,
            device_present=machine.device_present,
            host=machine.host,
            fold_version=FOLD_VERSION,
            sandbox=machine.sandbox,
            sandbox_failed=machine.sandbox_failed,
        )

    async def _say_perishable(self, event: Event) -> None:
        """Say something that is said again anyway if it is lost."""
        try:
            await self._speaker.say(event, id=uuid4(), actor=self._who.actor)
        except LogError as error:
            _log.debug("%s was not said: %s", type(event).__name__, error)

    async def _hand_back(self) -> None:
        """Stop claiming, end the running jobs so that others can have them, and say goodbye."""
        self._stopping = True
        for attempt in self._attempts.values():
            attempt.stop("stopping")
        try:
            async with asyncio.timeout(STOP_S_MAX):
                while self._attempts or self._claims:
                    await self._view.changed(LOOK_S)
                # nothing may be said of this agent after its last word
                self._announced_s = float("inf")
                await self._say_perishable(self._seen("stopped"))
        except TimeoutError:
            left = len(self._attempts.keys() | self._claims.keys())
            _log.warning("%s jobs were not handed back in time; their leases will expire", left)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            _log.error("a task of the agent failed", exc_info=fault)
