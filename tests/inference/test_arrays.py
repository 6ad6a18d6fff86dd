import numpy as np

from migration.inference.arrays import net_of_controls, without_weekly_cycle

WEEKDAY = np.arange(28) % 7
BASELINE = np.arange(28) < 21


def test_netting_worked_by_hand():
    """Treated 10 less the mean of 1, 2, 6; each control less the other two's mean."""
    net = net_of_controls(np.array([[10.0], [1], [2], [6]]))
    np.testing.assert_allclose(net.ravel(), [7, 1 - 4, 2 - 3.5, 6 - 1.5])


def test_no_control_leaves_the_series_alone():
    np.testing.assert_allclose(net_of_controls(np.array([[4.0, 5]])), [[4, 5]])


def test_a_weekly_cycle_is_taken_out_and_the_level_stays():
    cycle = np.array([0.0, 1, 2, 3, 2, 1, 0])[WEEKDAY]
    y = 5 + cycle
    flat = without_weekly_cycle(y[None], WEEKDAY, BASELINE)
    np.testing.assert_allclose(flat, 5 + 9 / 7)
    ratio = without_weekly_cycle(
        (10 * (1 + cycle))[None], WEEKDAY, BASELINE, ratio=True
    )
    np.testing.assert_allclose(ratio, 10 * (1 + 9 / 7))


def test_a_weekday_outside_the_baseline_keeps_its_value():
    y = np.arange(28.0)[None]
    sparse = BASELINE & (WEEKDAY < 6)
    kept = without_weekly_cycle(y, WEEKDAY, sparse)
    np.testing.assert_allclose(kept[0, WEEKDAY == 6], y[0, WEEKDAY == 6])
