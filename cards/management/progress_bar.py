"""How far a command is, on one line of a terminal; nothing where nobody watches."""

from django.core.management.base import OutputWrapper

WIDTH = 30


class Bar:
    """Shows ``done`` of ``total`` each time that another percent is done."""

    def __init__(self, out: OutputWrapper) -> None:
        self.out, self.percent = out, -1
        self.is_watched = out.isatty()

    def show(self, done: int, total: int) -> None:
        percent = 100 * done // total if total else 100
        if self.is_watched and percent != self.percent:
            self.percent = percent
            filled = WIDTH * percent // 100
            self.out.write(f"\r[{'#' * filled}{' ' * (WIDTH - filled)}] {done:,} of {total:,}", ending="")
            self.out.flush()

    def end(self) -> None:
        if self.is_watched:
            self.out.write("")
