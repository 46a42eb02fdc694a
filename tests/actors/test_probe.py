"""What is asked at intervals is a part: its words when it fails, a silence within seconds. In virtual time."""

from the0_actors.actors.errors import Refused
from the0_actors.actors.kernel.step import Stepper
from the0_actors.actors.kernel.step_lane import StepLane
from the0_actors.actors.ports.status import PartStatus
from the0_actors.actors.probe import Probe, Probing


class Place:
    """One probe of something that answers as the test says."""

    def __init__(self, *, required: bool = False, alarm: bool = False) -> None:
        self.stepper = Stepper(1)
        self.wrong = ""
        self.takes = 0.1
        self.asked = 0
        system = self.stepper.system()
        lane = StepLane("objects", self.stepper, lambda: self.takes)
        self.handle = system.handle("/probes/thing")
        probing = Probing(self._answer, required=required, alarm=alarm)
        system.spawn(self.handle, lambda: Probe("thing", probing, lane))

    def _answer(self) -> None:
        self.asked += 1
        if self.wrong:
            raise Refused(self.wrong)

    @property
    def probe(self) -> Probe:
        assert isinstance(self.handle.actor, Probe)
        return self.handle.actor


def test_it_is_not_fine_before_it_was_asked() -> None:
    place = Place(required=True, alarm=True)
    place.stepper.run(0.0)
    assert place.probe.parts == (PartStatus("thing", ok=False, required=True, note="not asked yet"),)
    assert place.probe.alarms == ()
    place.stepper.run(1.0)
    assert place.probe.parts == (PartStatus("thing", ok=True, required=True, note="fine"),)


def test_what_is_wrong_shows_within_seconds_in_its_words_and_is_an_alarm_where_that_was_asked_for() -> None:
    for alarm in (False, True):
        place = Place(alarm=alarm)
        place.stepper.run(60.0)
        place.wrong = "there is no room"
        place.stepper.run(5.0)
        assert place.probe.parts[0].note == "there is no room"
        assert place.probe.alarms == (("thing: there is no room",) if alarm else ())
        place.wrong = ""
        place.stepper.run(5.0)
        assert place.probe.parts[0].ok
        assert place.probe.alarms == ()


def test_a_silence_shows_within_ten_seconds_and_is_asked_about_once() -> None:
    place = Place()
    place.stepper.run(60.0)
    place.takes = 300.0
    asked = place.asked
    place.stepper.run(10.0)
    assert place.probe.parts[0].note == "no answer for 5 s"
    place.stepper.run(200.0)
    assert place.asked == asked
    place.takes = 0.1
    place.stepper.run(110.0)
    assert place.probe.parts[0].ok
