"""What is said about a call that must be made again and again in time."""

from the0_actors.actors.ports.status import Renewal
from the0_actors.actors.renewals import Renewing


def test_what_we_are_late_with_ourselves_counts_as_slow() -> None:
    lock = Renewing("lock")
    lock.answered(began=10.0, now=10.2)
    assert abs(lock.slowest - 0.2) < 1e-9
    lock.due = 11.0
    lock.answered(began=13.0, now=13.1)
    assert abs(lock.slowest - 2.1) < 1e-9, "it was due two seconds before it began"
    lock.due = 14.0
    lock.answered(began=14.0, now=14.1)
    assert abs(lock.slowest - 2.1) < 1e-9


def test_what_is_renewed_too_late_ran_out() -> None:
    lock = Renewing("lock")
    lock.renewed(10.0, until=float("-inf"), now=10.1)
    assert lock.ran_out == 0, "the first is no renewal"
    lock.renewed(12.0, until=14.5, now=12.1)
    assert lock.ran_out == 0
    lock.renewed(17.0, until=16.5, now=17.1)
    assert lock.ran_out == 1
    lock.lost()
    lock.renewed(60.0, until=float("-inf"), now=60.1)
    assert lock.ran_out == 1, "it was another's meanwhile"


def test_figures_and_words() -> None:
    lease = Renewing("lease")
    assert lease.figures(5.0) == Renewal("lease", None, 0.0, 0)
    assert lease.words() == "slowest renewal of the lease 0.00 s"
    lease.renewed(10.0, until=0.0, now=10.0)
    assert lease.figures(12.5) == Renewal("lease", 2.5, 0.0, 0)
    lease.ran_out = 1
    assert lease.words().endswith(", ran out once")
    lease.ran_out = 2
    assert lease.words().endswith(", ran out 2 times")
