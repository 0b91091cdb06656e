from collections.abc import Callable, Iterator

class Remote:
    def read_proc_output(self, reader: Callable[[int], bytes]) -> Iterator[str]: ...
