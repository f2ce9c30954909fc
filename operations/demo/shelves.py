"""The stock of the demo company while it is simulated; it behaves as the ledger does."""

from collections import defaultdict, deque
from collections.abc import Mapping

from operations.demo.demand import DemoOrder, Key
from operations.demo.events import WaitingLine, WaitingOrder


class Shelves:
    """What is free and what is on its way, in steps, and who waits for it."""

    def __init__(self, opening: Mapping[Key, int]) -> None:
        self.free = dict(opening)
        self.incoming: dict[Key, int] = defaultdict(int)
        self._queues: dict[Key, deque[WaitingLine]] = defaultdict(deque)

    def add(self, key: Key, quantity: int) -> None:
        """Put goods on the shelf: who waits for them longest has them first."""
        self.free[key] += quantity
        queue = self._queues[key]
        while queue and self.free[key]:
            self.hold(queue[0])
            if queue[0].held == queue[0].wanted:
                queue.popleft()

    def take(self, key: Key, quantity: int) -> None:
        if quantity > self.free[key]:
            raise ValueError(f"{quantity} of {key} are wanted where {self.free[key]} are free")
        self.free[key] -= quantity

    def hold(self, line: WaitingLine) -> None:
        """Reserve what there is for a line."""
        granted = min(line.wanted - line.held, self.free[line.key])
        line.held += granted
        self.free[line.key] -= granted

    def backlog(self, key: Key) -> int:
        return sum(line.wanted - line.held for line in self._queues[key])

    def wait(self, order: DemoOrder, *, is_split: bool) -> WaitingOrder:
        """Take an order that cannot leave yet: it reserves what there is and queues for more."""
        waiting = WaitingOrder(
            order,
            [WaitingLine((line.item, order.warehouse), line.quantity) for line in order.lines],
            is_split,
        )
        for line in waiting.lines:
            self.hold(line)
            if line.held < line.wanted:
                self._queues[line.key].append(line)
        return waiting

    def give_up(self, waiting: WaitingOrder) -> None:
        """Cancel a waiting order: what it held goes to the next in the queue."""
        waiting.is_open = False
        lines = [line for line in waiting.lines if not line.is_delivered]
        for line in lines:
            if line in self._queues[line.key]:
                self._queues[line.key].remove(line)
        for line in lines:
            self.add(line.key, line.held)
            line.held = 0
