"""The progress of a command on one line. Prints nothing unless it is shown on a terminal."""

from django.core.management.base import OutputWrapper

WIDTH = 30


class Bar:
    """Shows ``done`` of ``total``, updated with each percent."""

    def __init__(self, out: OutputWrapper) -> None:
        self.out, self.percent = out, -1
        self.is_terminal = out.isatty()

    def show(self, done: int, total: int) -> None:
        percent = 100 * done // total if total else 100
        if self.is_terminal and percent != self.percent:
            self.percent = percent
            filled = WIDTH * percent // 100
            self.out.write(f"\r[{'#' * filled}{' ' * (WIDTH - filled)}] {done:,} of {total:,}", ending="")
            self.out.flush()

    def end(self) -> None:
        if self.is_terminal:
            self.out.write("")
