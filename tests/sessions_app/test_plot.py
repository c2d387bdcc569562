"""Positions inside a plot."""

from sessions_app.plot import Plot, path, polyline


def test_shares_run_from_left_to_right_and_from_bottom_to_top():
    plot = Plot(600, 120, margin=8)
    assert (plot.x(0), plot.x(1), plot.y(0), plot.y(1)) == (8, 592, 112, 8)
    assert (plot.x(0.5), plot.y(0.5)) == (300, 60)


def test_points_are_spread_evenly_and_one_alone_is_at_the_left():
    plot = Plot(100, 50)
    assert plot.spread([0, 1, 0.5]) == [(0, 50), (50, 0), (100, 25)]
    assert plot.spread([1]) == [(0, 0)]
    assert plot.spread([]) == []


def test_lines_are_written_as_svg_reads_them():
    points = Plot(100, 50).spread([0.0, 1.0])
    assert path(points) == "M0.0 50.0 L100.0 0.0"
    assert polyline(points) == "0.0,50.0 100.0,0.0"
