"""Arrays, multi-node jobs and chains: many jobs, one incident."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulation import START_MS, Simulation, array_parent, failed

MINUTE, HOUR, DAY = 60, 3_600, 86_400


def node(job_id: str, index: int, second: float = 0) -> dict[str, Any]:
    event = failed(f"{job_id}#{index}", name="les", definition="les:1", second=second)
    event["detail"]["nodeDetails"] = {"nodeIndex": index}
    return event


def multi_node(job_id: str, nodes: int, second: float = 0) -> dict[str, Any]:
    event = failed(job_id, name="les", definition="les:1", second=second)
    event["detail"]["nodeProperties"] = {"numNodes": nodes, "mainNode": 0}
    event["detail"] |= {"attempts": [], "container": {}}
    return event


def outcomes(world: Simulation) -> list[str]:
    return [one.outcome for one in world.told]


@pytest.mark.parametrize("parent_first", [False, True])
def test_the_nodes_of_a_job_and_their_parent_are_one_incident(parent_first: bool) -> None:
    world = Simulation()
    events = [node("mnp", 0), node("mnp", 2, 1), multi_node("mnp", 4, 2)]
    for number, event in enumerate(reversed(events) if parent_first else events):
        world.put(event, number * 30)
    world.settle()
    assert outcomes(world)[0] == "first"
    assert len(world.told) == 2
    assert world.told[-1].document["counts"] == {"failed": 2, "dependents": 0, "of": 4}
    assert "2 of 4 nodes" in " ".join(world.told[-1].texts["email"].split())


def test_an_array_that_fails_over_hours_is_reported_less_and_less_often_and_at_its_end() -> None:
    world = Simulation()
    for n in range(180):
        world.put(failed("arr", name="align", index=n, second=n * MINUTE), n * MINUTE)
    end = 3 * HOUR
    world.put(array_parent("arr", 200, 180, name="align", second=end), end)
    world.settle()
    minutes = [round((one.at - START_MS) / 60_000) for one in world.told]
    assert minutes[:6] == [0, 5, 15, 35, 75, 155]
    assert outcomes(world)[-1] == "closed"
    assert len(world.told) == 7
    last = world.told[-1].document
    assert last["counts"] == {"failed": 180, "dependents": 0, "of": 200}
    assert last["causes"][0]["indices"] == "0-179"


def test_an_array_whose_parent_never_comes_ends_quietly() -> None:
    world = Simulation()
    for n in range(3):
        world.put(failed("arr", name="align", index=n), 0)
    world.settle(15)
    assert outcomes(world) == ["first"]
    assert world.follow_ups == []


@pytest.mark.parametrize("gap", [0, 60, 900])
def test_children_that_come_after_their_parent_are_counted(gap: int) -> None:
    world = Simulation()
    world.put(array_parent("arr", 10, 3, name="align"), 0)
    for n in range(3):
        world.put(failed("arr", name="align", index=n), gap)
    world.settle()
    assert world.told[-1].document["counts"] == {"failed": 3, "dependents": 0, "of": 10}
    assert len(world.told) <= 2


def test_two_arrays_of_one_definition_are_two_incidents() -> None:
    world = Simulation()
    for job in ("one", "two"):
        for n in range(5):
            world.put(failed(job, name="align", index=n), 0)
    world.settle()
    assert outcomes(world) == ["first", "first"]
    assert len({one.document["dedup_key"] for one in world.told}) == 2


@pytest.mark.parametrize("downstream_first", [False, True])
def test_a_job_that_waited_for_an_array_is_counted_with_it(downstream_first: bool) -> None:
    world = Simulation()
    array = [failed("arr", name="align", index=n, second=n) for n in range(3)]
    array.append(array_parent("arr", 10, 3, name="align", second=4))
    after = [failed("merge", name="merge", definition="merge:1", depends_on=["arr"], second=5)]
    for number, event in enumerate(after + array if downstream_first else array + after):
        world.put(event, number * 5)
    world.settle()
    assert world.told[-1].document["counts"] == {"failed": 3, "dependents": 1, "of": 10}
    assert len({one.document["dedup_key"] for one in world.told}) == 1


def test_an_array_that_waited_in_vain_for_another_is_counted_with_it() -> None:
    world = Simulation()
    for n in range(3):
        world.put(failed("first", name="align", index=n), 0)
        second = failed("second", name="call", definition="call:1", index=n, second=20)
        second["detail"] |= {
            "statusReason": "Dependent Job failed",
            "dependsOn": [{"jobId": "first", "type": "N_TO_N"}],
            "attempts": [],
            "container": {},
        }
        world.put(second, 20)
    world.settle()
    assert len({one.document["dedup_key"] for one in world.told}) == 1
    assert world.told[-1].document["counts"]["dependents"] == 3


@pytest.mark.parametrize("again", [30, 3_000])
def test_a_job_that_waited_in_vain_stays_where_it_was_counted(again: int) -> None:
    """The one it waited for may be told of late, and SQS and EventBridge may deliver twice."""
    world = Simulation()
    late = failed("late", name="merge", definition="merge:1", depends_on=["slow"])
    slow = failed("slow", name="align", definition="align:1", second=2 * HOUR)
    for event, at in ((late, 0), (slow, 2 * HOUR), (late, 2 * HOUR + again)):
        world.put(event, at)
    world.settle()
    members = [world.ledger.members(one.place) for one in world.ledger.incidents.values()]
    assert sorted(one.job_id for each in members for one in each) == ["late", "slow"]


def test_the_same_drill_twice_is_reported_twice() -> None:
    world = Simulation()
    for number in range(2):
        drill = failed("drill") | {"source": "batch-notifier.drill", "id": f"event-{number}"}
        world.put(drill, number * 60)
    world.settle()
    assert outcomes(world) == ["first", "first"]
    assert all(one.subject.startswith("DRILL ") for one in world.told)


def test_an_array_run_again_after_it_recovered_is_another_incident() -> None:
    world = Simulation()
    world.put(failed("one", name="align", index=0), 0)
    world.put(array_parent("one", 10, 1, name="align"), 0)
    world.succeed("align", HOUR)
    world.run_until(DAY)
    assert outcomes(world) == ["first", "recovered"]
    world.put(failed("two", name="align", index=0, second=DAY), DAY)
    world.settle()
    assert outcomes(world) == ["first", "recovered", "first"]
