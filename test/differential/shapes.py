"""Random queries of every shape, and how each is asked."""
from .joins import Joins
from .singles import Singles

SETTINGS = ("enable_hashjoin = off", "enable_mergejoin = off", "enable_nestloop = off", "enable_material = off",
            "enable_sort = off", "enable_sort = off", "enable_sort = off", "enable_incremental_sort = off",
            "enable_hashagg = off", "enable_memoize = off", "imagecat.prefetch = off", "imagecat.prefetch = off",
            "work_mem = '64kB'", "from_collapse_limit = 1", "join_collapse_limit = 1",
            "enable_partitionwise_join = on", "enable_partitionwise_aggregate = on", "enable_async_append = off",
            "enable_partition_pruning = off", "plan_cache_mode = force_custom_plan", "cursor_tuple_fraction = 1")
FETCHES = (1, 2, 3, 5, 10, 50)


class Shapes(Singles, Joins):
    """Makes queries."""

    def __init__(self, values, conditions, cheap=False):
        super().__init__(values, conditions, cheap)
        pick = {self._sharp: 140, self._long_list: 3, self._single: 30, self._family: 7, self._aggregate: 7,
                self._groups: 6, self._distinct: 4, self._distinct_on: 4, self._window: 5, self._nested: 5,
                self._with: 3, self._in_query: 9, self._value_query: 7, self._correlated: 2 if cheap else 5,
                self._join: 4 if cheap else 12, self._chain: 1 if cheap else 3, self._listed: 2 if cheap else 4,
                self._lateral: 3 if cheap else 6, self._union: 2 if cheap else 5}
        self.makers, self.weights = list(pick), list(pick.values())

    def query(self):
        """A random query."""
        manner = self.rnd.choices(("plain", "prepared", "generic", "cursor"), (78, 3 if self.cheap else 4, 7, 8))[0]
        runs = {"prepared": 7, "generic": self.rnd.choice((2, 2, 3) if self.cheap else (2, 3, 7))}.get(manner, 1)
        self.values.runs = runs
        query = self.rnd.choices(self.makers, self.weights)[0]()
        query.manner, query.runs = manner, runs
        if manner == "cursor":
            query.fetches = self._fetches()
            query.suffix = ""
        for setting in self.rnd.sample(SETTINGS, self.rnd.choice((0, 0, 0, 0, 1, 1, 2, 3))):
            name, value = setting.split(" = ")
            query.settings.setdefault(name, value)
        return query

    def _fetches(self):
        """Forward in pieces, then perhaps back to the start or row by row, or to the end."""
        fetches = tuple(self.rnd.choice(FETCHES) for _ in range(self.rnd.choice((1, 2, 3))))
        chance = self.rnd.random()
        if chance < 0.2:
            return fetches + self.rnd.choice(((0, None), (0, 4), (0, 4, None)))
        if chance < 0.45:
            return fetches + tuple(self.rnd.choice((1, -1)) * self.rnd.choice(FETCHES)
                                   for _ in range(self.rnd.choice((1, 3, 5)))) + self.rnd.choice(((), (None, -3)))
        return fetches + ((None,) if chance < 0.6 else ())
