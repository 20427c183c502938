"""`stride doctor`: attacks the sandbox of this machine and says what is enforced, what is not, and what cannot be here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from autograder import probes
from autograder.exercise import Case, Exercise
from autograder.probes import Answer
from autograder.sandboxing.attacks import ATTACKS, Attack
from autograder.sandboxing.forked import Forked
from autograder.sandboxing.process import Process
from autograder.sandboxing.sandbox import Sandbox, SandboxFault

ENFORCED, NOT_ENFORCED, IMPOSSIBLE = "enforced", "NOT ENFORCED", "cannot be enforced here"
# Little memory: touching it for the first time costs CPU seconds, and a slow machine must come to the end of it within the half.
LIMITS = {"cpu_seconds": 0.5, "wall_seconds": 3.0, "memory_mb": 64, "output_mb": 16}


@dataclass(frozen=True)
class AttackResult:
    """How one attack ended; `detail` is what it met, or why it cannot be prevented here."""

    group: str
    tries: str
    outcome: str
    detail: str


def run_doctor(
    attacks: Sequence[Attack] = ATTACKS, progress: Callable[[AttackResult], None] = lambda result: None, process: type[Process] = Forked
) -> list[AttackResult]:
    """Run the attacks, one after the other, and tell `progress` of each. Raises CourseError where no sandbox works at all."""
    files = {f"cnnlib/attack{number}.py": attack.source.encode() for number, attack in enumerate(attacks)}
    results = []
    # Two in turn: one starts anew while the other is attacked. A package that is named lets a sandbox start threads; NumPy is there anyway.
    kinds = [Sandbox(files, LIMITS, imports, process) for imports in ((), (), ("numpy",))]
    with kinds[0] as even, kinds[1] as odd, kinds[2] as threads:
        for number, attack in enumerate(attacks):
            sandbox = threads if attack.threads else (even, odd)[number % 2]
            try:
                [answer] = sandbox.run(_exercise(number), [Case("attack", {})])
            except SandboxFault as fault:  # it reached further than its sandbox
                answer = Answer(probes.ERROR, error="SandboxFault", message=str(fault))
            sandbox.close()  # one that was not prevented may have used up what the next attack needs to begin
            sandbox.start()
            results.append(_result(attack, answer))
            progress(results[-1])
    return results


def sound(results: Sequence[AttackResult]) -> bool:
    """Whether everything holds that must hold."""
    return not any(result.outcome == NOT_ENFORCED for result in results)


def table(results: Sequence[AttackResult], carriers: Sequence[tuple[str, str]] = ()) -> str:
    """The results as text, a line each, what carries the limits on this machine, and a last line that sums up."""
    width = max(len(result.tries) for result in results)
    lines = []
    for group in dict.fromkeys(result.group for result in results):
        lines += ["", group.capitalize()]
        for result in results:
            if result.group == group:
                lines.append(f"  {result.tries:<{width}}  {result.outcome:<12}  {result.detail}".rstrip())
    if carriers:
        lines += ["", "What carries the limits here", *(f"  {what:<{width}}  {by}" for what, by in carriers)]
    counts = [f"{sum(r.outcome == outcome for r in results)} {outcome}" for outcome in (ENFORCED, NOT_ENFORCED, IMPOSSIBLE)]
    verdict = "The sandbox holds." if sound(results) else "This sandbox does not hold: do not grade with it."
    return "\n".join([*lines, "", f"{', '.join(counts)}. {verdict}"]).lstrip("\n")


def _result(attack: Attack, answer: Answer) -> AttackResult:
    met = f"{answer.error}: {answer.message}" if answer.status == probes.ERROR else answer.status
    if any(end in met for end in attack.ends):
        return AttackResult(attack.group, attack.tries, ENFORCED, _brief(met))
    excuse = attack.excuse()
    if excuse:
        return AttackResult(attack.group, attack.tries, IMPOSSIBLE, excuse)
    got = f"got {answer.output!r}" if answer.status == probes.OK else f"met {met}"
    return AttackResult(attack.group, attack.tries, NOT_ENFORCED, _brief(got))


def _exercise(number: int) -> Exercise:
    return Exercise(
        id=f"attack{number}.attack",
        title="",
        difficulty=1,
        minutes=1,
        aspects=(),
        draw=lambda rng: (),
        oracle=lambda: None,
        misconceptions=(),
        hints=("", "", ""),
    )


def _brief(text: str) -> str:
    line = " ".join(text.split()).replace("time_limit", "time limit").replace("memory_limit", "memory limit")
    return line if len(line) <= 90 else line[:88] + " …"
